#include "gemm/gemm.cuh"
#include "quant/k.cuh"

namespace levin {

template Status launch_gemm<Q5_K>(const GemmParams&, int, cudaStream_t);

}  // namespace levin
