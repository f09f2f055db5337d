#include "attention/flash_mma.cuh"
#include "quant/plain.cuh"

namespace levin {

template Status launch_flash_mma<F16>(const FlashParams&, cudaStream_t);

}  // namespace levin
