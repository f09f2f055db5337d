#include "../arguments.h"
#include "levin/kernels/rope.h"

using namespace levin::native;

levin_status levin_rope_append(levin_stream stream, const levin_rope_append_args* args) {
  return run_op(__func__, stream, args, [](const levin_rope_append_args& a, cudaStream_t on) {
    check_activation("q", a.q, {kAny, kAny, kAny});
    const int64_t tokens = a.q.shape[0];
    const int64_t key_size = a.q.shape[2];
    check_tensor("k", a.k, a.q.dtype, {tokens, kAny, key_size});
    const int64_t kv_heads = a.k.shape[1];
    check_i32("slot_mapping", a.slot_mapping, {tokens});
    check_tensor("k_cache", a.k_cache, kAny, {kAny, kv_heads, kAny, key_size});
    check_that(present(a.v_cache) || !present(a.v), "v needs a v_cache");
    if (present(a.v_cache)) {
      check_tensor("v", a.v, a.q.dtype, {tokens, kv_heads, kAny});
      check_tensor("v_cache", a.v_cache, a.k_cache.dtype,
                   {a.k_cache.shape[0], kv_heads, a.k_cache.shape[2], a.v.shape[2]});
    }
    check_optional_f32("cos_sin", a.cos_sin, {tokens, kAny});
    const int64_t pairs = present(a.cos_sin) ? a.cos_sin.shape[1] / 2 : 0;
    check_that(a.rotary_offset >= 0 && a.rotary_offset + 2 * pairs <= key_size,
               "the rotated elements exceed the head");
    check_that(a.style == LEVIN_ROPE_HALF || a.style == LEVIN_ROPE_INTERLEAVED, "unknown style");
    levin::RopeAppendParams p{};
    p.q = cube<uint8_t>(a.q);
    p.k = cube<const uint8_t>(a.k);
    p.v = present(a.v_cache) ? cube<const uint8_t>(a.v) : levin::CubeView<const uint8_t>{};
    p.cos_sin = matrix<const float>(a.cos_sin);
    p.slot_mapping = data_of<const int32_t>(a.slot_mapping);
    p.k_cache = pages<uint8_t>(a.k_cache);
    p.v_cache = pages<uint8_t>(a.v_cache);
    p.tokens = tokens;
    p.heads = a.q.shape[1];
    p.kv_heads = kv_heads;
    p.key_size = key_size;
    p.value_size = present(a.v_cache) ? a.v.shape[2] : 0;
    p.pairs = pairs;
    p.rotary_offset = a.rotary_offset;
    p.pages = a.k_cache.shape[0];
    p.page_size = a.k_cache.shape[2];
    p.cache_dtype = dtype_of(a.k_cache);
    p.activations = dtype_of(a.q);
    p.half_style = a.style == LEVIN_ROPE_HALF;
    return levin::rope_append(p, on);
  });
}
