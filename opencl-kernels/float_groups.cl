/*
 * The groups of lane_products.cl as float32: 32 weights, decoded, and 32 activations. An output's
 * products are summed in order, by fma. Needs products.cl; no macros of its own.
 */
#if LANES > 1
#define WEIGHT_WORDS 32
#define VALUE_WORDS 32

typedef struct { float16 low, high; } weight_group;

INLINE void load_weights(INPUT row, long group, long k, grid_pointer grid, weight_group *weights) {
  decode_group(row, group, k, grid, &weights->low, &weights->high);
}

INLINE float dot_in_order(float16 a, float16 b, float sum) {
  sum = fma(a.s0, b.s0, sum);
  sum = fma(a.s1, b.s1, sum);
  sum = fma(a.s2, b.s2, sum);
  sum = fma(a.s3, b.s3, sum);
  sum = fma(a.s4, b.s4, sum);
  sum = fma(a.s5, b.s5, sum);
  sum = fma(a.s6, b.s6, sum);
  sum = fma(a.s7, b.s7, sum);
  sum = fma(a.s8, b.s8, sum);
  sum = fma(a.s9, b.s9, sum);
  sum = fma(a.sa, b.sa, sum);
  sum = fma(a.sb, b.sb, sum);
  sum = fma(a.sc, b.sc, sum);
  sum = fma(a.sd, b.sd, sum);
  sum = fma(a.se, b.se, sum);
  return fma(a.sf, b.sf, sum);
}

/* The product with a group of an x row. */
INLINE float multiply_group(const weight_group *weights, INPUT x_row, long group, long k) {
  const __global act_t *values = CONST_ACTS(x_row, 0);
  float sum = dot_in_order(weights->low, load_activations(values, 32 * group, k), 0.0f);
  return dot_in_order(weights->high, load_activations(values, 32 * group + 16, k), sum);
}

/* Writes the words of a group to every TILE_ROWS-th float. */
INLINE void stage_weights(const weight_group *weights, __local float *to) {
  float decoded[32];
  vstore16(weights->low, 0, decoded);
  vstore16(weights->high, 1, decoded);
#pragma unroll
  for (int i = 0; i < 32; i++) {
    to[i * TILE_ROWS] = decoded[i];
  }
}

/* Stages an item's share of two groups, or of one where there are no more, of all x rows. */
INLINE void stage_values(
    INPUT x, __local const long *x_rows, int tokens, long group, long k, int item,
    __local float *values) {
  for (int c = item; c < 4 * TILE_TOKENS; c += TILE_ITEMS) {
    int t = c % TILE_TOKENS;
    int chunk = c / TILE_TOKENS;
    if (group + chunk / 2 < groups_of(k) && t < tokens) {
      float loaded[16];
      vstore16(
          load_activations(CONST_ACTS(x, x_rows[t]), 32 * group + 16 * chunk, k), 0, loaded);
#pragma unroll
      for (int i = 0; i < 16; i++) {
        values[(16 * chunk + i) * TILE_TOKENS + t] = loaded[i];
      }
    }
  }
}

/*
 * The products of a staged group, weights at an item's first row and values at its first token:
 * sums[i * ITEM_ROWS + r], bit for bit what multiply_group gives.
 */
INLINE void multiply_tile(
    __local const float *weights, __local const float *values, float *sums) {
#pragma unroll
  for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
    sums[i] = 0.0f;
  }
  for (int d = 0; d < 32; d++) {
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
      float w = weights[d * TILE_ROWS + ITEM_COLUMNS * r];
#pragma unroll
      for (int i = 0; i < ITEM_TOKENS; i++) {
        sums[i * ITEM_ROWS + r] = fma(w, values[d * TILE_TOKENS + i], sums[i * ITEM_ROWS + r]);
      }
    }
  }
}
#endif
