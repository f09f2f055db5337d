/*
 * Products with weights of any dtype: out = residual + scale * (x . weight^T + bias), an NT GEMM
 * over float32 activations. Weights are decoded 32 values at a time into registers.
 *
 *   linear_gemv     one token a work-group; also one small matrix per head
 *   linear_gemm     GEMM_TOKENS tokens share each decoded group
 *   linear_grouped  a matrix per chosen expert (gather, GEMV, combine or scatter)
 *
 * Lane l of an output sums groups l, l + LANES, ... in 16 accumulators by fma, then the lanes are
 * summed in a tree: the same order in all three kernels, so a row's result does not depend on T.
 *
 * x [T, S, K], weight [S, N, K], out [T, S, N]: S is the number of heads, 1 for a plain layer.
 * Launch: global (LANES, N rounded up to WARPS, S * token tiles), local (LANES, WARPS, 1).
 *
 * Needs decode_group and load_activations of a quant file. Macro:
 *   GEMM_TOKENS  tokens of a tile; 4 by default, which is 64 accumulators
 */
#ifndef GEMM_TOKENS
#define GEMM_TOKENS 4
#endif

typedef struct {
  cube_view x, weight;
  vector_view bias;
  matrix_view residual;
  cube_view out;
  long tokens, heads, n, k;
  float scale;
} linear_params;

/*
 * The products of one weight row with a tile of activation rows, lanes not yet summed. Rows past
 * the last one are computed as that one.
 */
INLINE void dot_rows(
    INPUT row, grid_pointer grid, INPUT x, long x_stride, int rows, long last_row, long k, int lane,
    float16 *sums) {
  long groups = (k + 31) / 32;
  for (long g = lane; g < groups; g += LANES) {
    float16 low, high;
    decode_group(row, g, k, grid, &low, &high);
#pragma unroll
    for (int i = 0; i < rows; i++) {
      const __global float *values = (const __global float *)(x + min((long)i, last_row) * x_stride);
      sums[i] = fma(low, load_activations(values, 32 * g, k), sums[i]);
      sums[i] = fma(high, load_activations(values, 32 * g + 16, k), sums[i]);
    }
  }
}

INLINE void linear_tile(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, grid_pointer grid,
    __local float *scratch, const linear_params *p, const int tile) {
  int lane = (int)get_local_id(0);
  long n = get_global_id(1);
  long h = get_group_id(2) % p->heads;
  long first = get_group_id(2) / p->heads * tile;
  long safe_n = min(n, p->n - 1);
  float16 sums[GEMM_TOKENS];
#pragma unroll
  for (int i = 0; i < tile; i++) {
    sums[i] = 0.0f;
  }
  INPUT row = weight + p->weight.offset + h * p->weight.stride0 + safe_n * p->weight.stride1;
  INPUT values = x + p->x.offset + first * p->x.stride0 + h * p->x.stride1;
  dot_rows(row, grid, values, p->x.stride0, tile, p->tokens - 1 - first, p->k, lane, sums);
#pragma unroll
  for (int i = 0; i < tile; i++) {
    float sum = sum_lanes(sum16(sums[i]), scratch, lane);
    long t = first + i;
    if (lane == 0 && n < p->n && t < p->tokens) {
      sum += bias ? CONST_FLOATS(bias, p->bias.offset)[n] : 0.0f;
      float start =
          residual ? CONST_FLOATS(residual, p->residual.offset + t * p->residual.stride0)[n] : 0.0f;
      FLOATS(out, p->out.offset + t * p->out.stride0 + h * p->out.stride1)[n] =
          fma(p->scale, sum, start);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void linear_gemv(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, const __global char *grid,
    const linear_params p) {
  __local float scratch[WARPS][LANES];
  linear_tile(x, weight, bias, residual, out, grid, scratch[get_local_id(1)], &p, 1);
}

__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void linear_gemm(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, const __global char *grid,
    const linear_params p) {
  __local float scratch[WARPS][LANES];
  linear_tile(x, weight, bias, residual, out, grid, scratch[get_local_id(1)], &p, GEMM_TOKENS);
}

typedef struct {
  cube_view x, weight;
  matrix_view bias, ids, combine, residual;
  cube_view out;
  long chosen, experts, n, k;
} linear_grouped_params;

INLINE float expert_output(
    INPUT x, INPUT weight, INPUT bias, INPUT ids, grid_pointer grid, __local float *scratch,
    const linear_grouped_params *p, long t, long j, long n, int lane) {
  long id = CONST_INTS(ids, p->ids.offset + t * p->ids.stride0)[j];
  bool known = id >= 0 && id < p->experts;
  long safe_id = known ? id : 0;
  float16 sums[1] = {0.0f};
  dot_rows(
      weight + p->weight.offset + safe_id * p->weight.stride0 + n * p->weight.stride1, grid,
      x + p->x.offset + t * p->x.stride0 + j * p->x.stride1, 0, 1, 0, p->k, lane,
      sums);
  float sum = sum_lanes(sum16(sums[0]), scratch, lane);
  sum += bias ? CONST_FLOATS(bias, p->bias.offset + safe_id * p->bias.stride0)[n] : 0.0f;
  return known ? sum : NAN;
}

/*
 * Without combine out is [T, k, N] and a work-group has one token and expert; with it out is
 * [T, N] and the experts of a token are added in order. An id outside the weight gives NaN.
 * Launch: global (LANES, N rounded up to WARPS, T * k or T), local (LANES, WARPS, 1).
 */
__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void linear_grouped(
    INPUT x, INPUT weight, INPUT bias, INPUT ids, INPUT combine, INPUT residual, GLOBAL out,
    const __global char *grid, const linear_grouped_params p) {
  __local float scratches[WARPS][LANES];
  __local float *scratch = scratches[get_local_id(1)];
  int lane = (int)get_local_id(0);
  long n = get_global_id(1);
  long safe_n = min(n, p.n - 1);
  bool writes = lane == 0 && n < p.n;
  if (combine == 0) {
    long t = get_group_id(2) / p.chosen;
    long j = get_group_id(2) % p.chosen;
    float value =
        expert_output(x, weight, bias, ids, grid, scratch, &p, t, j, safe_n, lane);
    if (writes) {
      FLOATS(out, p.out.offset + t * p.out.stride0 + j * p.out.stride1)[n] = value;
    }
    return;
  }
  long t = get_group_id(2);
  float total =
      residual ? CONST_FLOATS(residual, p.residual.offset + t * p.residual.stride0)[safe_n] : 0.0f;
  for (long j = 0; j < p.chosen; j++) {
    float value =
        expert_output(x, weight, bias, ids, grid, scratch, &p, t, j, safe_n, lane);
    total = fma(CONST_FLOATS(combine, p.combine.offset + t * p.combine.stride0)[j], value, total);
  }
  if (writes) {
    FLOATS(out, p.out.offset + t * p.out.stride0)[n] = total;
  }
}
