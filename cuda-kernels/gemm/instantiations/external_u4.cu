#include "gemm/gemm.cuh"
#include "quant/external.cuh"

namespace levin {

template Status launch_gemm<ExternalU4>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
