// Rotary positions (RoFormer, Su et al. 2021) and the writing of keys and values into their pages.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// out[t, i] = scale * cos(positions[t] * inv_freq[i]), out[t, R/2 + i] the sine; abs error up to 1e-6.
struct RopeTableParams {
  const int32_t* positions;  // [T]
  const float* inv_freq;     // [R/2]
  MatrixView<float> out;     // [T, R]
  int64_t tokens, pairs;     // pairs = R/2
  float scale;
};

// Rotates q in place, rotates k, and writes k and v into their pages; k and v stay as they are. Pairs are
// (i, i + R/2) with half_style, otherwise (2i, 2i + 1), from rotary_offset on.
struct RopeAppendParams {
  CubeView<uint8_t> q;              // [T, H, Dk] of the activation type, as are k and v
  CubeView<const uint8_t> k;        // [T, Hkv, Dk]
  CubeView<const uint8_t> v;        // [T, Hkv, Dv], or null: values are a prefix of the keys
  MatrixView<const float> cos_sin;  // [T, R] of rope_table, or null: nothing is rotated
  const int32_t* slot_mapping;      // [T] page * page_size + slot; outside the cache: written nowhere
  PageView<uint8_t> k_cache;        // [pages, Hkv, page_size, Dk]
  PageView<uint8_t> v_cache;        // [pages, Hkv, page_size, Dv], null exactly when v is
  int64_t tokens, heads, kv_heads, key_size, value_size;
  int64_t pairs, rotary_offset;  // pairs = R/2, 0 without cos_sin
  int64_t pages, page_size;
  DType cache_dtype;  // F32, F16, BF16, F8_E4M3, Q8_0 or Q4_0
  DType activations;
  bool half_style;
};

Status rope_table(const RopeTableParams& params, cudaStream_t stream);
Status rope_append(const RopeAppendParams& params, cudaStream_t stream);

}  // namespace levin
