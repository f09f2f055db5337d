/*
 * merge_attention: joins two results over disjoint keys by their log-sum-exps (FlashAttention,
 * Dao et al. 2022). A side of -infinity contributes nothing; outputs may be inputs of either side.
 *
 * Launch: global (H, T); one work-item per head, so that lse is read before it is written. No
 * macros of its own.
 */
typedef struct {
  cube_view a;
  matrix_view lse_a;
  cube_view b;
  matrix_view lse_b;
  cube_view out;
  matrix_view lse;
  long heads, size;
} merge_attention_params;

__kernel void merge_attention(
    INPUT a, INPUT lse_a, INPUT b, INPUT lse_b, GLOBAL out, GLOBAL lse,
    const merge_attention_params p) {
  long h = get_global_id(0);
  long t = get_global_id(1);
  if (h >= p.heads) {
    return;
  }
  float of_a = CONST_FLOATS(lse_a, p.lse_a.offset + t * p.lse_a.stride0)[h];
  float of_b = CONST_FLOATS(lse_b, p.lse_b.offset + t * p.lse_b.stride0)[h];
  const __global act_t *from_a = CONST_ACTS(a, p.a.offset + t * p.a.stride0 + h * p.a.stride1);
  const __global act_t *from_b = CONST_ACTS(b, p.b.offset + t * p.b.stride0 + h * p.b.stride1);
  __global act_t *to = ACTS(out, p.out.offset + t * p.out.stride0 + h * p.out.stride1);
  float largest = fmax(of_a, of_b);
  bool empty = largest == -INFINITY;
  float weight_a = empty ? 0.0f : exp(of_a - largest);
  float weight_b = empty ? 0.0f : exp(of_b - largest);
  float inverse = empty ? 0.0f : 1.0f / (weight_a + weight_b);
  for (long d = 0; d < p.size; d++) {
    float part_a = weight_a == 0.0f ? 0.0f : weight_a * load_act(from_a, d);
    float part_b = weight_b == 0.0f ? 0.0f : weight_b * load_act(from_b, d);
    store_act(to, d, (part_a + part_b) * inverse);
  }
  FLOATS(lse, p.lse.offset + t * p.lse.stride0)[h] =
      empty ? largest : largest + log(weight_a + weight_b);
}
