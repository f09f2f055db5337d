// Products of small floats by small floats whose blocks along K have scales of their own, and the encoder of
// activations for them.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Values of a row lie in order, two FP4 ones in a byte, the first in the low half. K is a multiple of 32.
enum class BlockFormat : int32_t {
  kMXFP8 = 0,  // E4M3, an E8M0 scale for 32 values
  kMXFP4 = 1,  // E2M1, an E8M0 scale for 32 values
  kNVFP4 = 2,  // E2M1, an E4M3 scale for 16 values, of which the sign does not count
};

constexpr int64_t block_values(BlockFormat format) { return format == BlockFormat::kNVFP4 ? 16 : 32; }
constexpr int64_t block_row_bytes(BlockFormat format, int64_t k) {
  return format == BlockFormat::kMXFP8 ? k : k / 2;
}

template <typename Byte>
struct BlockMatrix {
  MatrixView<Byte> codes;   // [rows, block_row_bytes(K)]
  MatrixView<Byte> scales;  // [rows, K / block_values]
};

// out = residual + (scale * (weight . x) + bias). Values times their scales are exact; sums are float32, as the
// tensor core adds them. On sm_120a block-scaled mma multiplies codes as they are; elsewhere codes times scales
// are widened to bfloat16, which holds them exactly within its range, with the same result but for the order in
// which a tensor core adds. The order depends on the device and K alone: a row has the same bits for every T.
struct BlockScaledLinearParams {
  BlockMatrix<const uint8_t> x;        // T rows
  BlockMatrix<const uint8_t> weight;   // N rows
  const float* bias;                   // [N] or null
  MatrixView<const uint8_t> residual;  // [T, N] of out_dtype or null; may be out
  MatrixView<uint8_t> out;             // [T, N] of out_dtype
  int64_t tokens, n, k;
  float scale;  // of NVFP4, the product of both tensors' own
  BlockFormat format;
  DType out_dtype;  // F32, F16 or BF16
};

Status block_scaled_linear(const BlockScaledLinearParams& params, cudaStream_t stream);

// x = scale * (codes times their blocks' scales), nearly. A block's scale is 2^(floor(log2 of its largest
// magnitude) less the exponent of the format's largest value), as OCP has it, or of NVFP4 the E4M3 number nearest
// to the largest magnitude / 6. Codes are nearest, ties to even, and saturate. A block with a NaN or an infinity
// gets a scale of NaN.
struct QuantizeBlocksParams {
  MatrixView<const uint8_t> x;  // [T, K] of x_dtype
  BlockMatrix<uint8_t> out;     // T rows
  int64_t tokens, k;
  float scale;
  BlockFormat format;
  DType x_dtype;  // F32, F16 or BF16
};

Status quantize_blocks(const QuantizeBlocksParams& params, cudaStream_t stream);

}  // namespace levin
