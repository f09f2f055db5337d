// Products by wgmma: which there are, and a kernel for each type.
#include "common/device.h"
#include "gemm/sm90/wgmma_gemm.cuh"

namespace levin {

bool is_wgmma_product(DType weight, const GemmParams& p) {
  const bool type = weight == DType::kBF16 || weight == DType::kF16 || weight == DType::kF8_E4M3;
  const bool dense = p.tiles == nullptr && !p.by_expert && p.planes == 1;
  return type && p.x_dtype == weight && dense && p.k > 0 && runs_sm90a() &&
         maps_as_tensor(p.weight.data, p.weight.stride1) && maps_as_tensor(p.x.data, p.x.stride0) &&
         (weight != DType::kF8_E4M3 || p.scales.scales.data != nullptr);
}

Status launch_wgmma_gemm(DType weight, const GemmParams& params, cudaStream_t stream) {
  switch (weight) {
    case DType::kBF16:
      return launch_wgmma_product<Bf16Wgmma>(params, stream);
    case DType::kF16:
      return launch_wgmma_product<F16Wgmma>(params, stream);
    case DType::kF8_E4M3:
      return launch_wgmma_product<E4m3Wgmma>(params, stream);
    default:
      return Status::kUnsupported;
  }
}

}  // namespace levin
