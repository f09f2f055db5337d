// Products of bytes by bytes: which there are, and their launch.
#include "gemm/byte_gemm.cuh"

namespace levin {
namespace {

bool is_f8(DType dtype) { return dtype == DType::kF8_E4M3 || dtype == DType::kF8_E5M2; }

}  // namespace

bool is_byte_product(const MixedLinearParams& p) {
  const int64_t values = p.scales.values_per_scale;
  if (p.k == 0) {
    return false;
  }
  if (p.codes == WeightCodes::kI8) {
    return p.x_dtype == DType::kI8 && p.scales.zeros.data == nullptr && values >= p.k && p.k <= kMaxIntegerK;
  }
  return (p.codes == WeightCodes::kE4M3 || p.codes == WeightCodes::kE5M2) && is_f8(p.x_dtype) &&
         (values % kScaleBlock == 0 || values >= p.k);
}

Status launch_byte_gemm(WeightCodes codes, const GemmParams& params, cudaStream_t stream) {
  if (codes == WeightCodes::kI8) {
    return launch_byte_product(params, I8ByI8{}, stream);
  }
  const F8ByF8 product{codes == WeightCodes::kE5M2, params.x_dtype == DType::kF8_E5M2};
  return launch_byte_product(params, product, stream);
}

}  // namespace levin
