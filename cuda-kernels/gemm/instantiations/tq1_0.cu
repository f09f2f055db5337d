#include "gemm/gemm.cuh"
#include "quant/small.cuh"

namespace levin {

template Status launch_gemm<TQ1_0>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
