#include "gemm/gemm.cuh"
#include "quant/small.cuh"

namespace levin {

template Status launch_gemm<I2_S>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
