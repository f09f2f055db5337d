// Rows of any DType as float32 and back.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// out[t] = scale * table[ids[t]]; NaN for an id outside the table.
struct EmbedParams {
  MatrixView<const uint8_t> table;  // [V, C], any DType but Q8_1 and Q8_K
  const int32_t* ids;               // [T]
  MatrixView<uint8_t> out;          // [T, C] of out_dtype
  int64_t tokens, vocab, size;
  DType dtype, out_dtype;
  float scale;
};

// out[r] = x[r], to the bit as the codec of the DType does.
struct DecodeRowsParams {
  MatrixView<const uint8_t> x;  // [R, K]
  MatrixView<float> out;        // [R, K]
  int64_t rows, size;
  DType dtype;
};

// The other way: F64, F32, F16, BF16, F8_E4M3, F8_E5M2, Q8_0, Q4_0 and no other DType.
struct EncodeRowsParams {
  MatrixView<const float> x;  // [R, K]
  MatrixView<uint8_t> out;    // [R, K]
  int64_t rows, size;
  DType dtype;
};

Status embed(const EmbedParams& params, cudaStream_t stream);
Status decode_rows(const DecodeRowsParams& params, cudaStream_t stream);
Status encode_rows(const EncodeRowsParams& params, cudaStream_t stream);

}  // namespace levin
