// Ragged queries over paged keys and values, and the joining of results over disjoint keys.
#pragma once

#include <cstddef>
#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// out[t, h] = softmax(soft_cap(sm_scale * q[t, h] . K) ++ sink[h]) . V and its natural log-sum-exp.
//
// Sequence b owns query rows [cu_seqlens_q[b], cu_seqlens_q[b + 1]), the last of its kv_lens[b] keys. Key j
// lies in page page_table[b][j / page_size], slot j % page_size; entries past the last used page are never
// read, an entry outside the cache makes the scores of its keys NaN. A row that sees no key yields zeros and
// an lse of -infinity.
struct AttentionParams {
  CubeView<const uint8_t> q;             // [T, H, Dk] of the activation type
  PageView<const uint8_t> k_cache;       // [pages, Hkv, page_size, Dk]
  PageView<const uint8_t> v_cache;       // [pages, Hkv, page_size, Dv]; the keys' view for latent attention
  CubeView<uint8_t> out;                 // [T, H, Dv] of the activation type
  MatrixView<float> lse;                 // [T, H] or null
  const int32_t* cu_seqlens_q;           // [B + 1]
  const int32_t* kv_lens;                // [B]
  MatrixView<const int32_t> page_table;  // [B, max_pages]
  const float* sinks;                    // [H] or null: logits that join the denominator only
  MatrixView<const int32_t> tree_mask;   // [T, words] or null: bit j of row r allows its sequence's query j
  int64_t tokens, seqs, heads, kv_heads, key_size, value_size;  // Dk <= 576, Dv <= 512
  int64_t pages, page_size;
  int64_t max_query_len;  // no sequence of the step has more query rows
  int64_t max_kv_len;     // nor more keys
  int64_t window;         // keys visible, itself included; 0 for all
  DType cache_dtype;      // F32, F16, BF16, F8_E4M3, Q8_0 or Q4_0
  DType activations;
  bool causal;
  float sm_scale, soft_cap;  // soft_cap 0 for none
  void* workspace;           // attention_workspace_bytes() of device memory, 256-byte aligned
};

// Depends on the sizes and maximal lengths; grows with both maxima. 0 for steps with many query rows.
size_t attention_workspace_bytes(const AttentionParams& params);
Status attention(const AttentionParams& params, cudaStream_t stream);

// With m = max(lse_a, lse_b): out = (e^(lse_a - m) a + e^(lse_b - m) b) / (e^(lse_a - m) + e^(lse_b - m)). A
// side of -infinity contributes nothing. Outputs may be inputs of either side.
struct MergeAttentionParams {
  CubeView<const uint8_t> a;      // [T, H, D] of the activation type, as are b and out
  MatrixView<const float> lse_a;  // [T, H]
  CubeView<const uint8_t> b;      // [T, H, D]
  MatrixView<const float> lse_b;  // [T, H]
  CubeView<uint8_t> out;          // [T, H, D]
  MatrixView<float> lse;          // [T, H]
  int64_t tokens, heads, size;
  DType activations;
};

Status merge_attention(const MergeAttentionParams& params, cudaStream_t stream);

}  // namespace levin
