#include "gemm/gemm.cuh"
#include "quant/plain.cuh"

namespace levin {

template Status launch_gemm<BF16>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
