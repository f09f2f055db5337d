#include "gemm/gemm.cuh"
#include "quant/iq.cuh"

namespace levin {

template Status launch_gemm<IQ4_XS>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
