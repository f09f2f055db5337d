#include "levin/kernels/attention.h"

#include "../arguments.h"

using namespace levin::native;

namespace {

levin::AttentionParams params_of(const levin_attention_args& a) {
  levin::AttentionParams p{};
  p.q = cube<const uint8_t>(a.q);
  p.k_cache = pages<const uint8_t>(a.k_cache);
  p.v_cache = pages<const uint8_t>(present(a.v_cache) ? a.v_cache : a.k_cache);
  p.out = cube<uint8_t>(a.out);
  p.lse = matrix<float>(a.lse);
  p.cu_seqlens_q = data_of<const int32_t>(a.batch.cu_seqlens_q);
  p.kv_lens = data_of<const int32_t>(a.batch.kv_lens);
  p.page_table = matrix<const int32_t>(a.batch.page_table);
  p.sinks = data_of<const float>(a.sinks);
  p.tree_mask = matrix<const int32_t>(a.tree_mask);
  p.tokens = a.q.shape[0];
  p.seqs = a.batch.kv_lens.shape[0];
  p.heads = a.q.shape[1];
  p.kv_heads = a.k_cache.shape[1];
  p.key_size = a.q.shape[2];
  p.value_size = a.out.shape[2];
  p.pages = a.k_cache.shape[0];
  p.page_size = a.batch.page_size;
  p.max_query_len = a.batch.max_query_len;
  p.max_kv_len = a.batch.max_kv_len;
  p.window = a.window;
  p.cache_dtype = dtype_of(a.k_cache);
  p.activations = dtype_of(a.q);
  p.causal = a.causal != 0;
  p.sm_scale = a.sm_scale;
  p.soft_cap = a.soft_cap;
  p.workspace = pointer(a.workspace.data);
  return p;
}

void check(const levin_attention_args& a) {
  check_activation("q", a.q, {kAny, kAny, kAny});
  const int64_t tokens = a.q.shape[0];
  const int64_t heads = a.q.shape[1];
  check_batch(a.batch, tokens);
  check_tensor("k_cache", a.k_cache, kAny, {kAny, kAny, a.batch.page_size, a.q.shape[2]});
  check_that(a.k_cache.shape[1] > 0 && heads % a.k_cache.shape[1] == 0,
             "the query heads are not a multiple of the KV heads");
  check_tensor("out", a.out, a.q.dtype, {tokens, heads, kAny});
  if (present(a.v_cache)) {
    check_tensor("v_cache", a.v_cache, a.k_cache.dtype,
                 {a.k_cache.shape[0], a.k_cache.shape[1], a.batch.page_size, a.out.shape[2]});
  } else {
    check_that(a.out.shape[2] <= a.q.shape[2], "values that are a prefix of the keys cannot be longer");
  }
  check_optional_f32("lse", a.lse, {tokens, heads});
  check_optional_f32("sinks", a.sinks, {heads});
  if (present(a.tree_mask)) {
    check_i32("tree_mask", a.tree_mask, {tokens, kAny});
  }
  check_that(a.window >= 0 && a.soft_cap >= 0, "window and soft_cap must not be negative");
}

}  // namespace

levin_status levin_attention(levin_stream stream, const levin_attention_args* args) {
  return run_op(__func__, stream, args, [](const levin_attention_args& a, cudaStream_t on) {
    check(a);
    const levin::AttentionParams p = params_of(a);
    check_workspace(a.workspace, levin::attention_workspace_bytes(p));
    return levin::attention(p, on);
  });
}

levin_status levin_attention_workspace(const levin_attention_args* args, int64_t* bytes) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(args != nullptr && bytes != nullptr);
    *bytes = static_cast<int64_t>(levin::attention_workspace_bytes(params_of(*args)));
  });
}
