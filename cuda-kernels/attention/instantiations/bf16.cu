#include "attention/flash.cuh"
#include "quant/plain.cuh"

namespace levin {

template Status launch_flash<BF16>(const FlashParams&, cudaStream_t);

}  // namespace levin
