// mixed_linear: the product kernel with activations, outputs and scales as the checkpoint has them.
#include "levin/kernels/mixed_linear.h"

#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "gemm/gemm.h"
#include "quant/external.cuh"
#include "tiles/gemm_tiles.h"

namespace levin {
namespace {

bool is_activation(DType dtype) {
  switch (dtype) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kI8:
    case DType::kF8_E4M3:
    case DType::kF8_E5M2:
      return true;
    default:
      return false;
  }
}

bool is_float16_or_32(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

bool packs_chunks(WeightCodes codes) {
  return codes != WeightCodes::kE4M3 && codes != WeightCodes::kE5M2 && codes != WeightCodes::kI8;
}

bool is_valid(const MixedLinearParams& p) {
  const WeightScales& s = p.scales;
  const bool whole_chunks = s.values_per_scale % 32 == 0 || s.values_per_scale >= p.k;
  return is_activation(p.x_dtype) && is_float16_or_32(p.out_dtype) && (s.e8m0 || is_float16_or_32(s.dtype)) &&
         s.rows_per_scale > 0 && s.values_per_scale > 0 && whole_chunks && (!packs_chunks(p.codes) || p.k % 32 == 0);
}

bool is_aligned(const MixedLinearParams& p) {
  constexpr int64_t kPackedAlignment = 2;
  return all_multiples_of(packs_chunks(p.codes) ? kPackedAlignment : 1, address_of(p.weight.data), p.weight.stride0) &&
         all_multiples_of(row_alignment(p.x_dtype), address_of(p.x.data), p.x.stride0) &&
         all_multiples_of(row_alignment(p.out_dtype), address_of(p.out.data), p.out.stride0,
                          address_of(p.residual.data), p.residual.stride0) &&
         (p.scales.e8m0 || all_multiples_of(row_alignment(p.scales.dtype), address_of(p.scales.scales.data),
                                            p.scales.scales.stride0));
}

ExternalScales scales_of(const MixedLinearParams& p) {
  const int64_t rows = p.scales.rows_per_scale < p.n ? p.scales.rows_per_scale : p.n;
  const int64_t chunks = p.scales.values_per_scale < p.k ? p.scales.values_per_scale / 32 : ceil_div<int64_t>(p.k, 32);
  return {p.scales.scales, p.scales.zeros,  static_cast<uint32_t>(rows), static_cast<uint32_t>(chunks > 0 ? chunks : 1),
          p.scales.dtype,  p.scales.e8m0};
}

}  // namespace

Status mixed_linear(const MixedLinearParams& params, cudaStream_t stream) {
  if (!is_valid(params)) {
    return Status::kInvalidArgument;
  }
  if (params.tokens == 0 || params.n == 0) {
    return Status::kOk;
  }
  if (!is_aligned(params)) {
    return Status::kInvalidArgument;
  }
  const int tile_columns = gemm_tile_columns(params.tokens);
  GemmParams p = {};
  p.weight = {params.weight.data, 0, params.weight.stride0};
  p.x = {params.x.data, params.x.stride0, 0};
  p.out = {params.out.data, params.out.stride0, 0};
  p.bias = {params.bias, 0};
  p.residual = params.residual;
  p.x_scale = params.x_scale;
  p.scales = scales_of(params);
  p.columns = params.tokens;
  p.inner = 1;
  p.planes = 1;
  p.n = params.n;
  p.k = params.k;
  p.num_tiles = ceil_div<int64_t>(params.tokens, tile_columns);
  p.scale = 1.0f;
  p.x_dtype = params.x_dtype;
  p.out_dtype = params.out_dtype;
  switch (params.codes) {
    case WeightCodes::kE4M3:
      return launch_gemm<ExternalE4M3>(p, tile_columns, stream);
    case WeightCodes::kE5M2:
      return launch_gemm<ExternalE5M2>(p, tile_columns, stream);
    case WeightCodes::kI8:
      return launch_gemm<ExternalI8>(p, tile_columns, stream);
    case WeightCodes::kU4:
      return launch_gemm<ExternalU4>(p, tile_columns, stream);
    case WeightCodes::kE2M1:
      return launch_gemm<ExternalE2M1>(p, tile_columns, stream);
    case WeightCodes::kE3M2:
      return launch_gemm<ExternalE3M2>(p, tile_columns, stream);
    case WeightCodes::kE2M3:
      return launch_gemm<ExternalE2M3>(p, tile_columns, stream);
  }
  return Status::kUnsupported;
}

}  // namespace levin
