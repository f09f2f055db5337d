#include "gemm/gemm.cuh"
#include "quant/iq.cuh"

namespace levin {

template Status launch_gemm<IQ4_NL>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
