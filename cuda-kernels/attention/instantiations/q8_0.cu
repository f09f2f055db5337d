#include "attention/flash.cuh"
#include "quant/legacy.cuh"

namespace levin {

template Status launch_flash<Q8_0>(const FlashParams&, cudaStream_t);

}  // namespace levin
