#include "gemm/gemm.cuh"
#include "quant/legacy.cuh"

namespace levin {

template Status launch_gemm<Q4_0>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
