#include "gemm/gemm.cuh"
#include "quant/iq.cuh"

namespace levin {

template Status launch_gemm<IQ1_S>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
