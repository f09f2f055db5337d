// Attention's launch, between its public Params and the kernels. Host and device.
#pragma once

#include "levin/kernels/attention.h"
#include "tiles/attention_tiles.h"

namespace levin {

struct FlashParams {
  AttentionParams op;
  int64_t group;        // query heads of a KV head
  int64_t row_tiles;    // of the longest sequence
  int64_t segments;     // of the longest sequence; blocks along y when split, else 1
  float* partial;       // [T, H, segments, Dv] sums o when split, else null
  float2* states;       // [T, H, segments] m and l when split, else null
};

// By FMA, for F32 caches: products of float32 stay float32.
template <typename Format>
Status launch_flash(const FlashParams& params, cudaStream_t stream);

// By mma, for all others.
template <typename Format>
Status launch_flash_mma(const FlashParams& params, cudaStream_t stream);

// Joins what split blocks left in partial and states.
Status merge_segments(const FlashParams& params, cudaStream_t stream);

}  // namespace levin
