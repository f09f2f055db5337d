/*
 * Products with weights of any dtype: out = residual + scale * (x . weight^T + bias), an NT GEMM
 * over activations, summed as float32.
 *
 *   linear_one, linear_few  one token, or TOKEN_BLOCK of them, and ROW_BLOCK rows an item
 *   linear_tile             a tile of tokens and rows a work-group
 *   grouped_one             a matrix per chosen expert, one token a work-group
 *   grouped_tile            the same over tokens sorted by expert (sort_by_expert of routing.cl)
 *
 * x [T, S, K], weight [S, N, K], out [T, S, N]: S is the number of heads, 1 for a plain layer. With
 * coded_groups.cl x is what encode_activations made of it.
 *
 * Launch: one, few: global (LANES, N / ROW_BLOCK rounded up to WARPS, S * token blocks), local
 * (LANES, WARPS, 1); tile: global (TILE_ITEMS, N / TILE_ROWS rounded up, S * token tiles), local
 * (TILE_ITEMS, 1, 1).
 *
 * Needs products.cl and lane_products.cl. No macros of its own.
 */
typedef struct {
  cube_view x, weight;
  vector_view bias;
  matrix_view residual;
  cube_view out;
  long tokens, heads, n, k;
  long wide; /* whether residual and out are float32 */
  float scale;
} linear_params;

INLINE void write_linear(
    float sum, INPUT bias, INPUT residual, GLOBAL out, const linear_params *p, long t, long h,
    long n) {
  sum += bias ? CONST_FLOATS(bias, p->bias.offset)[n] : 0.0f;
  float start =
      residual ? load_out(residual + p->residual.offset + t * p->residual.stride0, n, p->wide) : 0.0f;
  store_out(out + p->out.offset + t * p->out.stride0 + h * p->out.stride1, n,
            fma(p->scale, sum, start), p->wide);
}

INLINE void linear_rows(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, grid_pointer grid,
    __local float *scratch, const linear_params *p, const int tokens) {
  int lane = (int)get_local_id(0);
  long n = ROW_BLOCK * get_global_id(1);
  long h = get_group_id(2) % p->heads;
  long first = get_group_id(2) / p->heads * tokens;
  long safe_n = min(n, p->n - 1);
  float results[TOKEN_BLOCK * ROW_BLOCK];
  row_products(
      weight + p->weight.offset + h * p->weight.stride0 + safe_n * p->weight.stride1,
      p->weight.stride1, (int)min((long)ROW_BLOCK, p->n - safe_n), grid,
      x + p->x.offset + first * p->x.stride0 + h * p->x.stride1, p->x.stride0, tokens,
      p->tokens - 1 - first, p->k, lane, scratch, results);
  if (lane == 0) {
#pragma unroll
    for (int i = 0; i < tokens; i++) {
#pragma unroll
      for (int r = 0; r < ROW_BLOCK; r++) {
        if (n + r < p->n && first + i < p->tokens) {
          write_linear(results[i * ROW_BLOCK + r], bias, residual, out, p, first + i, h, n + r);
        }
      }
    }
  }
}

__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void linear_one(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, const __global char *grid,
    const linear_params p) {
  __local float scratch[WARPS][ROW_SCRATCH];
  linear_rows(x, weight, bias, residual, out, grid, scratch[get_local_id(1)], &p, 1);
}

__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void linear_few(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, const __global char *grid,
    const linear_params p) {
  __local float scratch[WARPS][ROW_SCRATCH];
  linear_rows(x, weight, bias, residual, out, grid, scratch[get_local_id(1)], &p, TOKEN_BLOCK);
}

__kernel __attribute__((reqd_work_group_size(TILE_ITEMS, 1, 1))) void linear_tile(
    INPUT x, INPUT weight, INPUT bias, INPUT residual, GLOBAL out, const __global char *grid,
    const linear_params p) {
  __local float scratch[TILE_SCRATCH] __attribute__((aligned(64)));
  __local float results[TILE_TOKENS * TILE_ROWS];
  __local long x_rows[TILE_TOKENS];
  int item = (int)get_local_id(0);
  long n = TILE_ROWS * get_group_id(1);
  long h = get_group_id(2) % p.heads;
  long first = get_group_id(2) / p.heads * TILE_TOKENS;
  int tokens = (int)min((long)TILE_TOKENS, p.tokens - first);
  int rows = (int)min((long)TILE_ROWS, p.n - n);
  for (int i = item; i < tokens; i += TILE_ITEMS) {
    x_rows[i] = p.x.offset + (first + i) * p.x.stride0 + h * p.x.stride1;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  tile_products(
      weight + p.weight.offset + h * p.weight.stride0 + n * p.weight.stride1, p.weight.stride1,
      rows, grid, x, x_rows, tokens, p.k, item, scratch, results);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < tokens * TILE_ROWS; i += TILE_ITEMS) {
    int r = i % TILE_ROWS;
    if (r < rows) {
      write_linear(results[i], bias, residual, out, &p, first + i / TILE_ROWS, h, n + r);
    }
  }
}

typedef struct {
  cube_view x, weight;
  matrix_view bias, ids, combine, residual;
  cube_view out;
  long chosen, experts, n, k;
} grouped_one_params;

/*
 * Without combine out is [T, k, N] and a work-group has one token and expert; with it out is
 * [T, N] and the experts of a token are added in order. An id outside the weight gives NaN.
 * Launch: as linear_one, the third dimension T * k or T.
 */
__kernel __attribute__((reqd_work_group_size(LANES, WARPS, 1))) void grouped_one(
    INPUT x, INPUT weight, INPUT bias, INPUT ids, INPUT combine, INPUT residual, GLOBAL out,
    const __global char *grid, const grouped_one_params p) {
  __local float scratches[WARPS][ROW_SCRATCH];
  __local float *scratch = scratches[get_local_id(1)];
  int lane = (int)get_local_id(0);
  long n = ROW_BLOCK * get_global_id(1);
  long safe_n = min(n, p.n - 1);
  int rows = (int)min((long)ROW_BLOCK, p.n - safe_n);
  long t = combine ? get_group_id(2) : get_group_id(2) / p.chosen;
  long from = combine ? 0 : get_group_id(2) % p.chosen;
  long to = combine ? p.chosen : from + 1;
  float totals[ROW_BLOCK];
#pragma unroll
  for (int r = 0; r < ROW_BLOCK; r++) {
    /* Only by the lane that writes the element: out may be residual. */
    totals[r] =
        residual && lane == 0 && n + r < p.n
            ? load_act(CONST_ACTS(residual, p.residual.offset + t * p.residual.stride0), safe_n + r)
            : 0.0f;
  }
  for (long j = from; j < to; j++) {
    long id = CONST_INTS(ids, p.ids.offset + t * p.ids.stride0)[j];
    bool known = id >= 0 && id < p.experts;
    long expert = known ? id : 0;
    float results[TOKEN_BLOCK * ROW_BLOCK];
    row_products(
        weight + p.weight.offset + expert * p.weight.stride0 + safe_n * p.weight.stride1,
        p.weight.stride1, rows, grid, x + p.x.offset + t * p.x.stride0 + j * p.x.stride1, 0, 1, 0,
        p.k, lane, scratch, results);
#pragma unroll
    for (int r = 0; r < ROW_BLOCK; r++) {
      long row = min(safe_n + r, p.n - 1);
      float start =
          bias ? CONST_FLOATS(bias, p.bias.offset + expert * p.bias.stride0)[row] : 0.0f;
      float value = known ? results[r] + start : NAN;
      totals[r] =
          combine
              ? fma(CONST_FLOATS(combine, p.combine.offset + t * p.combine.stride0)[j], value,
                    totals[r])
              : value;
    }
  }
  if (lane == 0) {
    __global act_t *row = ACTS(out, p.out.offset + t * p.out.stride0 + from * p.out.stride1);
#pragma unroll
    for (int r = 0; r < ROW_BLOCK; r++) {
      if (n + r < p.n) {
        store_act(row, n + r, totals[r]);
      }
    }
  }
}

typedef struct {
  cube_view x, weight;
  matrix_view bias;
  vector_view starts, order;
  cube_view out;
  long chosen, experts, n, k;
  long wide; /* whether out is float32 */
} grouped_tile_params;

/*
 * out[t, j] = weight[e] . x[t, j] + bias[e] for every assignment (t, j) to an expert e; NaN for
 * those to none. starts [experts + 2] and order [T * k] as sort_by_expert writes them. Tiles of a
 * bucket b begin at tile starts[b] / TILE_TOKENS + b, so none is shared by two.
 * Launch: as linear_tile, the third dimension T * k / TILE_TOKENS + experts + 1.
 */
__kernel __attribute__((reqd_work_group_size(TILE_ITEMS, 1, 1))) void grouped_tile(
    INPUT x, INPUT weight, INPUT bias, INPUT starts, INPUT order, GLOBAL out,
    const __global char *grid, const grouped_tile_params p) {
  __local float scratch[TILE_SCRATCH] __attribute__((aligned(64)));
  __local float results[TILE_TOKENS * TILE_ROWS];
  __local long x_rows[TILE_TOKENS];
  int item = (int)get_local_id(0);
  long tile = get_group_id(2);
  const __global int *start = CONST_INTS(starts, p.starts.offset);
  long bucket = 0;
  long end = p.experts + 1;
  while (end - bucket > 1) {
    long middle = (bucket + end) / 2;
    if (start[middle] / TILE_TOKENS + middle <= tile) {
      bucket = middle;
    } else {
      end = middle;
    }
  }
  long first =
      start[bucket] + (tile - start[bucket] / TILE_TOKENS - bucket) * TILE_TOKENS;
  int tokens = (int)clamp(start[bucket + 1] - first, 0L, (long)TILE_TOKENS);
  const __global int *members = CONST_INTS(order, p.order.offset) + first;
  long n = TILE_ROWS * get_group_id(1);
  int rows = (int)min((long)TILE_ROWS, p.n - n);
  bool known = bucket < p.experts;
  long expert = known ? bucket : 0;
  for (int i = item; i < tokens; i += TILE_ITEMS) {
    long member = members[i];
    x_rows[i] = p.x.offset + member / p.chosen * p.x.stride0 + member % p.chosen * p.x.stride1;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  /* Every work-group meets every barrier; where there is nothing to do K is 0. */
  tile_products(
      weight + p.weight.offset + expert * p.weight.stride0 + n * p.weight.stride1,
      p.weight.stride1, rows, grid, x, x_rows, tokens, known && tokens > 0 ? p.k : 0, item, scratch,
      results);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < tokens * TILE_ROWS; i += TILE_ITEMS) {
    int r = i % TILE_ROWS;
    long member = members[i / TILE_ROWS];
    if (r < rows) {
      float shift =
          bias ? CONST_FLOATS(bias, p.bias.offset + expert * p.bias.stride0)[n + r] : 0.0f;
      store_out(out + p.out.offset + member / p.chosen * p.out.stride0 +
                    member % p.chosen * p.out.stride1,
                n + r, known ? results[i] + shift : NAN, p.wide);
    }
  }
}
