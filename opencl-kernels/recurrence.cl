/*
 * Ops that carry a state from step to step: causal_conv and ssm_scan. A sequence whose first
 * position in this step is 0 starts from zeros; sequences without tokens keep their state.
 *
 * Sequences own query rows [cu_seqlens_q[b], cu_seqlens_q[b + 1]) and state slot state_slots[b].
 * Slots outside the state are left out. No macros of its own.
 */
typedef struct {
  matrix_view x, weight;
  vector_view bias;
  cube_view state;
  matrix_view out;
  vector_view cu_seqlens_q, state_slots, positions;
  long channels, width, slots, activation;
} causal_conv_params;

/* Launch: global (Ch rounded up, B); one work-item per channel of a sequence. */
__kernel void causal_conv(
    INPUT x, INPUT weight, INPUT bias, GLOBAL state, GLOBAL out, INPUT cu_seqlens_q,
    INPUT state_slots, INPUT positions, const causal_conv_params p) {
  long c = get_global_id(0);
  long b = get_global_id(1);
  if (c >= p.channels) {
    return;
  }
  long start = CONST_INTS(cu_seqlens_q, p.cu_seqlens_q.offset)[b];
  long tokens = CONST_INTS(cu_seqlens_q, p.cu_seqlens_q.offset)[b + 1] - start;
  long slot = CONST_INTS(state_slots, p.state_slots.offset)[b];
  if (tokens <= 0 || slot < 0 || slot >= p.slots) {
    return;
  }
  bool fresh = CONST_INTS(positions, p.positions.offset)[start] == 0;
  long history = p.width - 1;
  __global float *old = FLOATS(state, p.state.offset + slot * p.state.stride0 + c * p.state.stride1);
  const __global float *w = CONST_FLOATS(weight, p.weight.offset + c * p.weight.stride0);
  float first = bias ? CONST_FLOATS(bias, p.bias.offset)[c] : 0.0f;
  for (long t = 0; t < tokens; t++) {
    float sum = first;
    for (long i = 0; i < p.width; i++) {
      long at = t + i - history;
      float input = at >= 0 ? load_act(CONST_ACTS(x, p.x.offset + (start + at) * p.x.stride0), c)
                    : fresh ? 0.0f
                            : old[t + i];
      sum = fma(w[i], input, sum);
    }
    store_act(ACTS(out, p.out.offset + (start + t) * p.out.stride0), c,
              activate((int)p.activation, sum));
  }
  for (long i = 0; i < history; i++) {
    long at = tokens + i - history;
    old[i] = at >= 0 ? load_act(CONST_ACTS(x, p.x.offset + (start + at) * p.x.stride0), c)
             : fresh ? 0.0f
                     : old[tokens + i];
  }
}

typedef struct {
  cube_view x;
  matrix_view dt;
  vector_view a;
  cube_view b, c;
  vector_view skip, dt_bias;
  page_view state;
  cube_view out;
  vector_view cu_seqlens_q, state_slots, positions;
  long heads, groups, size, state_size, slots;
  float dt_min, dt_max;
} ssm_scan_params;

INLINE float softplus(float x) {
  return fmax(x, 0.0f) + log1p(exp(-fabs(x)));
}

/* One token of one row of the state; returns the row times c. The order of sums is fixed. */
INLINE float scan_row(
    __global float *row, const __global act_t *b, const __global act_t *c, float decay,
    float input, long state_size) {
  float16 sums = 0.0f;
  long n = 0;
  for (; n + 16 <= state_size; n += 16) {
    float16 value = fma((float16)(decay), vload16(0, row + n), input * load_whole16(b + n));
    vstore16(value, 0, row + n);
    sums = fma(value, load_whole16(c + n), sums);
  }
  float sum = sum16(sums);
  for (; n < state_size; n++) {
    float value = fma(decay, row[n], input * load_act(b, n));
    row[n] = value;
    sum = fma(value, load_act(c, n), sum);
  }
  return sum;
}

/* Launch: global (P rounded up, H, B); one work-item per row of a head's state. */
__kernel void ssm_scan(
    INPUT x, INPUT dt, INPUT a, INPUT b, INPUT c, INPUT skip, INPUT dt_bias, GLOBAL state,
    GLOBAL out, INPUT cu_seqlens_q, INPUT state_slots, INPUT positions, const ssm_scan_params p) {
  long i = get_global_id(0);
  long h = get_global_id(1);
  long sequence = get_global_id(2);
  if (i >= p.size) {
    return;
  }
  long start = CONST_INTS(cu_seqlens_q, p.cu_seqlens_q.offset)[sequence];
  long end = CONST_INTS(cu_seqlens_q, p.cu_seqlens_q.offset)[sequence + 1];
  long slot = CONST_INTS(state_slots, p.state_slots.offset)[sequence];
  if (start >= end || slot < 0 || slot >= p.slots) {
    return;
  }
  long g = h / (p.heads / p.groups);
  __global float *row = FLOATS(
      state, p.state.offset + slot * p.state.stride0 + h * p.state.stride1 + i * p.state.stride2);
  if (CONST_INTS(positions, p.positions.offset)[start] == 0) {
    for (long n = 0; n < p.state_size; n++) {
      row[n] = 0.0f;
    }
  }
  float rate = CONST_FLOATS(a, p.a.offset)[h];
  float through = skip ? CONST_FLOATS(skip, p.skip.offset)[h] : 0.0f;
  float bias = CONST_FLOATS(dt_bias, p.dt_bias.offset)[h];
  for (long t = start; t < end; t++) {
    float raw = load_act(CONST_ACTS(dt, p.dt.offset + t * p.dt.stride0), h) + bias;
    float step = fmin(fmax(softplus(raw), p.dt_min), p.dt_max);
    float value = load_act(CONST_ACTS(x, p.x.offset + t * p.x.stride0 + h * p.x.stride1), i);
    const __global act_t *b_row =
        CONST_ACTS(b, p.b.offset + t * p.b.stride0 + g * p.b.stride1);
    const __global act_t *c_row =
        CONST_ACTS(c, p.c.offset + t * p.c.stride0 + g * p.c.stride1);
    float sum = scan_row(row, b_row, c_row, exp(step * rate), step * value, p.state_size);
    store_act(ACTS(out, p.out.offset + t * p.out.stride0 + h * p.out.stride1), i,
              fma(through, value, sum));
  }
}
