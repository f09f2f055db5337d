// block_scaled_linear: a kernel for each format.
#include "gemm/blocks/block_scaled.cuh"

namespace levin {

Status block_scaled_linear(const BlockScaledLinearParams& p, cudaStream_t stream) {
  const bool out_is_float =
      p.out_dtype == DType::kF32 || p.out_dtype == DType::kF16 || p.out_dtype == DType::kBF16;
  if (!out_is_float || p.k % 32 != 0) {
    return Status::kInvalidArgument;
  }
  if (p.tokens == 0 || p.n == 0) {
    return Status::kOk;
  }
  if (!all_multiples_of(row_alignment(p.out_dtype), address_of(p.out.data), p.out.stride0,
                        address_of(p.residual.data), p.residual.stride0)) {
    return Status::kInvalidArgument;
  }
  switch (p.format) {
    case BlockFormat::kMXFP8:
      return launch_block_scaled<Mxfp8Blocks, false>(p, stream);
    case BlockFormat::kMXFP4:
      return launch_block_scaled<Mxfp4Blocks, false>(p, stream);
    case BlockFormat::kNVFP4:
      return launch_block_scaled<Nvfp4Blocks, false>(p, stream);
  }
  return Status::kUnsupported;
}

}  // namespace levin
