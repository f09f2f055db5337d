#include "attention/flash_mma.cuh"
#include "quant/legacy.cuh"

namespace levin {

template Status launch_flash_mma<Q4_0>(const FlashParams&, cudaStream_t);

}  // namespace levin
