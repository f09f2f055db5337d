/*
 * rms_norm: out = x / sqrt(mean(x^2) + eps) * (weight + weight_bias) over rows of [T, G, C]
 * (Zhang and Sennrich 2019). out may be x; weight is [G, C], [C] with stride 0, or null.
 *
 * Launch: global (LANES, G, T), local (LANES, 1, 1): the lanes share a row. No macros of its own.
 */
typedef struct {
  cube_view x;
  matrix_view weight;
  cube_view out;
  long size;
  float eps, weight_bias;
} rms_norm_params;

__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void rms_norm(
    INPUT x, INPUT weight, GLOBAL out, const rms_norm_params p) {
  __local float scratch[LANES];
  int lane = (int)get_local_id(0);
  long g = get_global_id(1);
  long t = get_global_id(2);
  const __global act_t *from = CONST_ACTS(x, p.x.offset + t * p.x.stride0 + g * p.x.stride1);
  __global act_t *to = ACTS(out, p.out.offset + t * p.out.stride0 + g * p.out.stride1);
  float16 squares = 0.0f;
  for (long c = 16 * lane; c < p.size; c += 16 * LANES) {
    float16 value = load_act16(from, c, p.size);
    squares = fma(value, value, squares);
  }
  float sum = sum_lanes(sum16(squares), scratch, lane);
#if LANES > 1
  /* out may be x: what one lane writes, the others must have read. */
  barrier(CLK_GLOBAL_MEM_FENCE);
#endif
  float norm = 1.0f / sqrt(sum / (float)p.size + p.eps);
  const __global float *w = CONST_FLOATS(weight, p.weight.offset + g * p.weight.stride0);
  for (long c = lane; c < p.size; c += LANES) {
    float scale = weight ? w[c] + p.weight_bias : 1.0f;
    store_act(to, c, load_act(from, c) * norm * scale);
  }
}
