// Which keys a query row may see.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "levin/kernels/attention.h"

namespace levin {

// Keys [begin, end), of which those of this step's own queries must also be allowed by the tree mask.
struct VisibleKeys {
  int64_t begin, end;
  int64_t first_query_key;  // key index of the sequence's first query row
  const int32_t* mask;      // or null

  // Row number r of a sequence with query_len queries and kv_len keys; t is its row among all tokens.
  __device__ static VisibleKeys of(const AttentionParams& p, int64_t t, int64_t r, int64_t query_len, int64_t kv_len) {
    const int64_t i = kv_len - query_len + r;
    VisibleKeys seen;
    seen.first_query_key = kv_len - query_len;
    seen.end = p.causal ? i + 1 : kv_len;
    seen.begin = p.window > 0 && i - p.window + 1 > 0 ? i - p.window + 1 : 0;
    seen.mask = p.tree_mask.data == nullptr ? nullptr : p.tree_mask.row(t);
    return seen;
  }

  __device__ bool contains(int64_t j) const {
    if (j < begin || j >= end) {
      return false;
    }
    const int64_t bit = j - first_query_key;
    return mask == nullptr || bit < 0 || (mask[bit / 32] >> (bit % 32) & 1) != 0;
  }
};

}  // namespace levin
