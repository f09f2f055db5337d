#include "attention/flash.cuh"
#include "quant/plain.cuh"

namespace levin {

template Status launch_flash<F32>(const FlashParams&, cudaStream_t);

}  // namespace levin
