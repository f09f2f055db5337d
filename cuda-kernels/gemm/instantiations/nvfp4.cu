#include "gemm/gemm.cuh"
#include "quant/small.cuh"

namespace levin {

template Status launch_gemm<NVFP4>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
