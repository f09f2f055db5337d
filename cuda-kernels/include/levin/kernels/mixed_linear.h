// Products for checkpoints that are not GGUF: activations and outputs of 16 or 8 bits, and weights whose scales lie
// apart from their codes.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Codes of weights [N, K]; K is a multiple of 32 for those below 8 bits, any size otherwise.
enum class WeightCodes : int32_t {
  kE4M3 = 0,  // a byte a value
  kE5M2 = 1,
  kI8 = 2,
  // 32 values in 16 bytes: value i in the low nibble of byte i, value i + 16 in the high one.
  kU4 = 3,    // 0 .. 15
  kE2M1 = 4,  // OCP MXFP4's element
  // 32 values in 24 bytes: low nibbles as above, then the upper two bits of values 4i .. 4i + 3 in byte 16 + i.
  kE3M2 = 5,  // OCP MXFP6's elements
  kE2M3 = 6,
};

// One scale for rows_per_scale rows by values_per_scale values of K: a whole tensor, a row, a block of 128 by 128, a
// group of a row. values_per_scale is a multiple of 32 or at least K.
struct WeightScales {
  MatrixView<const uint8_t> scales;  // [ceil(N / rows_per_scale), ceil(K / values_per_scale)]
  MatrixView<const uint8_t> zeros;   // the same shape, or null: unsigned bytes taken off kU4 and kI8 codes
  int64_t rows_per_scale, values_per_scale;
  DType dtype;                       // F32, F16 or BF16
  bool e8m0;                         // scales are bytes e for 2^(e - 127), whatever dtype says
};

// out = residual + x_scale[t] * (scales * (codes - zeros)) . x + bias. Codes are multiplied exactly, by activations
// that are exact as well unless they are F32 or F16, which keep 16 and 11 bits; sums and scales are float32.
struct MixedLinearParams {
  MatrixView<const uint8_t> x;        // [T, K] of x_dtype
  const float* x_scale;               // [T] or null for ones: row scales of I8 or F8 activations
  MatrixView<const uint8_t> weight;   // [N, K] codes
  WeightScales scales;
  const float* bias;                  // [N] or null
  MatrixView<const uint8_t> residual; // [T, N] of out_dtype or null; may be out
  MatrixView<uint8_t> out;            // [T, N] of out_dtype
  int64_t tokens, n, k;
  WeightCodes codes;
  DType x_dtype;                      // F32, F16, BF16, I8, F8_E4M3 or F8_E5M2
  DType out_dtype;                    // F32, F16 or BF16
};

Status mixed_linear(const MixedLinearParams& params, cudaStream_t stream);

}  // namespace levin
