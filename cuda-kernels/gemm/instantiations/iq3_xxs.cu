#include "gemm/gemm.cuh"
#include "quant/iq.cuh"

namespace levin {

template Status launch_gemm<IQ3_XXS>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
