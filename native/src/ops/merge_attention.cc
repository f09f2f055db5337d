#include "../arguments.h"
#include "levin/kernels/attention.h"

using namespace levin::native;

levin_status levin_merge_attention(levin_stream stream, const levin_merge_attention_args* args) {
  return run_op(__func__, stream, args, [](const levin_merge_attention_args& a, cudaStream_t on) {
    check_activation("a", a.a, {kAny, kAny, kAny});
    const int64_t tokens = a.a.shape[0];
    const int64_t heads = a.a.shape[1];
    const int64_t size = a.a.shape[2];
    check_f32("lse_a", a.lse_a, {tokens, heads});
    check_tensor("b", a.b, a.a.dtype, {tokens, heads, size});
    check_f32("lse_b", a.lse_b, {tokens, heads});
    check_tensor("out", a.out, a.a.dtype, {tokens, heads, size});
    check_f32("lse", a.lse, {tokens, heads});
    levin::MergeAttentionParams p{};
    p.a = cube<const uint8_t>(a.a);
    p.lse_a = matrix<const float>(a.lse_a);
    p.b = cube<const uint8_t>(a.b);
    p.lse_b = matrix<const float>(a.lse_b);
    p.out = cube<uint8_t>(a.out);
    p.lse = matrix<float>(a.lse);
    p.tokens = tokens;
    p.heads = heads;
    p.size = size;
    p.activations = dtype_of(a.a);
    return levin::merge_attention(p, on);
  });
}
