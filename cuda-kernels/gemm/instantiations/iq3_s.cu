#include "gemm/gemm.cuh"
#include "quant/iq.cuh"

namespace levin {

template Status launch_gemm<IQ3_S>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
