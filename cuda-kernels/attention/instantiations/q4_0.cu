#include "attention/flash.cuh"
#include "quant/legacy.cuh"

namespace levin {

template Status launch_flash<Q4_0>(const FlashParams&, cudaStream_t);

}  // namespace levin
