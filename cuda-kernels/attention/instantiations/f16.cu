#include "attention/flash.cuh"
#include "quant/plain.cuh"

namespace levin {

template Status launch_flash<F16>(const FlashParams&, cudaStream_t);

}  // namespace levin
