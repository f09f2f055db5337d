// The product kernel of a DType; each format is compiled in a file of its own, gemm/instantiations/.
#include "gemm/gemm.h"
#include "quant/formats.cuh"

namespace levin {

#define LEVIN_CASE(format) \
  case DType::k##format:   \
    return launch_gemm<format>(params, tile_columns, stream);

Status launch_gemm(DType dtype, const GemmParams& params, int tile_columns, cudaStream_t stream) {
  switch (dtype) {
    LEVIN_CASE(F32)
    LEVIN_CASE(F16)
    LEVIN_CASE(BF16)
    LEVIN_CASE(F8_E4M3)
    LEVIN_CASE(F8_E5M2)
    LEVIN_CASE(Q4_0)
    LEVIN_CASE(Q4_1)
    LEVIN_CASE(Q5_0)
    LEVIN_CASE(Q5_1)
    LEVIN_CASE(Q8_0)
    LEVIN_CASE(Q2_K)
    LEVIN_CASE(Q3_K)
    LEVIN_CASE(Q4_K)
    LEVIN_CASE(Q5_K)
    LEVIN_CASE(Q6_K)
    LEVIN_CASE(IQ1_S)
    LEVIN_CASE(IQ1_M)
    LEVIN_CASE(IQ2_XXS)
    LEVIN_CASE(IQ2_XS)
    LEVIN_CASE(IQ2_S)
    LEVIN_CASE(IQ3_XXS)
    LEVIN_CASE(IQ3_S)
    LEVIN_CASE(IQ4_NL)
    LEVIN_CASE(IQ4_XS)
    LEVIN_CASE(TQ1_0)
    LEVIN_CASE(TQ2_0)
    LEVIN_CASE(I2_S)
    LEVIN_CASE(MXFP4)
    LEVIN_CASE(NVFP4)
    default:
      return Status::kUnsupported;
  }
}

#undef LEVIN_CASE

}  // namespace levin
