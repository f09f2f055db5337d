// Products of bytes by bytes: which there are, one kernel for each pair of types.
#include "gemm/byte_gemm.cuh"

namespace levin {
namespace {

bool is_f8(DType dtype) { return dtype == DType::kF8_E4M3 || dtype == DType::kF8_E5M2; }

}  // namespace

bool is_byte_product(const MixedLinearParams& p) {
  const int64_t values = p.scales.values_per_scale;
  if (p.codes == WeightCodes::kI8) {
    return p.x_dtype == DType::kI8 && p.scales.zeros.data == nullptr && values >= p.k && p.k <= kMaxIntegerK;
  }
  return (p.codes == WeightCodes::kE4M3 || p.codes == WeightCodes::kE5M2) && is_f8(p.x_dtype) &&
         (values % kScaleBlock == 0 || values >= p.k);
}

Status launch_byte_gemm(WeightCodes codes, const GemmParams& params, cudaStream_t stream) {
  if (codes == WeightCodes::kI8) {
    return launch_byte_product<I8ByI8>(params, stream);
  }
  const bool e4m3 = params.x_dtype == DType::kF8_E4M3;
  if (codes == WeightCodes::kE4M3) {
    return e4m3 ? launch_byte_product<E4m3ByE4m3>(params, stream)
                : launch_byte_product<E4m3ByE5m2>(params, stream);
  }
  return e4m3 ? launch_byte_product<E5m2ByE4m3>(params, stream) : launch_byte_product<E5m2ByE5m2>(params, stream);
}

}  // namespace levin
