#include "gemm/gemm.cuh"
#include "quant/legacy.cuh"

namespace levin {

template Status launch_gemm<Q5_0>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
