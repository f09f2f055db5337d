/*
 * The inner loops of all matrix products: activations with weight rows of any dtype, decoded
 * a group of 32 values at a time.
 *
 *   row_products   few tokens: each weight is read once from memory and used at once
 *   tile_products  many tokens: a tile of weights is decoded into local memory and used by a tile of
 *                  tokens
 *
 * Both sum an output in the same order, so a row's result does not depend on T:
 *   LANES == 1  16 accumulators over 16 neighbouring values, then a tree over them
 *   otherwise   a group in order; 16 groups in order to a panel; panels in order
 * Products and sums are fused by fma within a group.
 *
 * Needs decode_group and load_activations of a quant file. Here is what one lane does by itself; for
 * more there are float_groups.cl or coded_groups.cl, what is done with a group of weights and one of
 * activations, and then lane_products.cl. Macros:
 *   ROW_BLOCK    rows of an item in row_products; 1 by default, and always where lanes share a row
 *   TOKEN_BLOCK  most tokens of row_products; 4 by default
 *   TILE_TOKENS  tokens of a tile; 32 by default, a multiple of 8 (of 4 where LANES is 1)
 *   TILE_ROWS    rows of a tile; 64 by default, a multiple of 4 (4 where LANES is 1)
 *   TILE_ITEMS   work-items of a tile, fixed by the others: 2 TILE_ROWS, or 1
 */
#ifndef TOKEN_BLOCK
#define TOKEN_BLOCK 4
#endif
#ifndef TILE_TOKENS
#define TILE_TOKENS 32
#endif
#define PANEL_GROUPS 16

INLINE long groups_of(long k) {
  return (k + 31) / 32;
}

#if LANES == 1

#ifndef ROW_BLOCK
#define ROW_BLOCK 1
#endif
#ifndef TILE_ROWS
#define TILE_ROWS 4
#endif
#define TILE_ITEMS 1

/* Local floats that row_products takes for itself, and tile_products. */
#define ROW_SCRATCH 1
#define TILE_SCRATCH (TILE_ROWS * 32 * PANEL_GROUPS + 16 * TILE_TOKENS * TILE_ROWS)

/*
 * results[i * ROW_BLOCK + r] = row r . x row i, for i < tokens. Rows past row_count and tokens past
 * last_token are computed as the last of them.
 */
INLINE void row_products(
    INPUT rows, long row_stride, int row_count, grid_pointer grid, INPUT x, long x_stride,
    const int tokens, long last_token, long k, int lane, __local float *scratch, float *results) {
  float16 sums[TOKEN_BLOCK * ROW_BLOCK];
  INPUT row[ROW_BLOCK];
  const __global act_t *values[TOKEN_BLOCK];
#pragma unroll
  for (int r = 0; r < ROW_BLOCK; r++) {
    row[r] = rows + min(r, row_count - 1) * row_stride;
  }
#pragma unroll
  for (int i = 0; i < tokens; i++) {
    values[i] = CONST_ACTS(x, min((long)i, last_token) * x_stride);
#pragma unroll
    for (int r = 0; r < ROW_BLOCK; r++) {
      sums[i * ROW_BLOCK + r] = 0.0f;
    }
  }
  long groups = groups_of(k);
  for (long g = 0; g < groups; g++) {
#pragma unroll
    for (int r = 0; r < ROW_BLOCK; r++) {
      float16 low, high;
      decode_group(row[r], g, k, grid, &low, &high);
#pragma unroll
      for (int i = 0; i < tokens; i++) {
        float16 sum = sums[i * ROW_BLOCK + r];
        sum = fma(low, load_activations(values[i], 32 * g, k), sum);
        sums[i * ROW_BLOCK + r] = fma(high, load_activations(values[i], 32 * g + 16, k), sum);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < tokens * ROW_BLOCK; i++) {
    results[i] = sum16(sums[i]);
  }
}

/*
 * results[i * TILE_ROWS + r] = row r . x row i, for i < tokens. x_rows holds the byte offset of each
 * x row. Rows past row_count are computed as the last of them.
 */
INLINE void tile_products(
    INPUT rows, long row_stride, int row_count, grid_pointer grid, INPUT x,
    __local const long *x_rows, int tokens, long k, int item, __local float *scratch,
    __local float *results) {
  __local float16 *panel = (__local float16 *)scratch;
  __local float16 *sums = panel + 2 * TILE_ROWS * PANEL_GROUPS;
  long groups = groups_of(k);
  for (int i = 0; i < tokens * TILE_ROWS; i++) {
    sums[i] = 0.0f;
  }
  for (long start = 0; start < groups; start += PANEL_GROUPS) {
    int count = (int)min((long)PANEL_GROUPS, groups - start);
    for (int r = 0; r < TILE_ROWS; r++) {
      INPUT row = rows + min(r, row_count - 1) * row_stride;
      for (int g = 0; g < count; g++) {
        float16 low, high;
        decode_group(row, start + g, k, grid, &low, &high);
        panel[2 * (r * PANEL_GROUPS + g)] = low;
        panel[2 * (r * PANEL_GROUPS + g) + 1] = high;
      }
    }
    for (int t = 0; t < tokens; t += 4) {
      const __global act_t *values[4];
      float16 tile[4 * TILE_ROWS];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        values[i] = CONST_ACTS(x, x_rows[min(t + i, tokens - 1)]);
#pragma unroll
        for (int r = 0; r < TILE_ROWS; r++) {
          tile[i * TILE_ROWS + r] = sums[min(t + i, tokens - 1) * TILE_ROWS + r];
        }
      }
      for (int c = 0; c < 2 * count; c++) {
        float16 weights[TILE_ROWS];
#pragma unroll
        for (int r = 0; r < TILE_ROWS; r++) {
          weights[r] = panel[2 * PANEL_GROUPS * r + c];
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
          float16 value = load_activations(values[i], 32 * start + 16 * c, k);
#pragma unroll
          for (int r = 0; r < TILE_ROWS; r++) {
            tile[i * TILE_ROWS + r] = fma(weights[r], value, tile[i * TILE_ROWS + r]);
          }
        }
      }
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int r = 0; r < TILE_ROWS; r++) {
          sums[min(t + i, tokens - 1) * TILE_ROWS + r] = tile[i * TILE_ROWS + r];
        }
      }
    }
  }
  for (int i = 0; i < tokens * TILE_ROWS; i++) {
    results[i] = sum16(sums[i]);
  }
}

#else

#ifndef ROW_BLOCK
#define ROW_BLOCK 1
#endif
#if ROW_BLOCK != 1
#error "lanes share one row"
#endif
#ifndef TILE_ROWS
#define TILE_ROWS 64
#endif
#define TILE_ITEMS (2 * TILE_ROWS)

/* Groups whose sums wait in local memory until they are added in order. */
#define SLAB_GROUPS (4 * LANES)
#define SLAB_PANELS (SLAB_GROUPS / PANEL_GROUPS)
#define ROW_SCRATCH ((SLAB_GROUPS + SLAB_PANELS) * TOKEN_BLOCK)

/* Two groups of each row and token, one of a row for each item to decode. */
#define TILE_SCRATCH (2 * (WEIGHT_WORDS * TILE_ROWS + VALUE_WORDS * TILE_TOKENS))
#define ITEM_ROWS 4
#define ITEM_TOKENS (TILE_TOKENS / 8)
#define ITEM_COLUMNS (TILE_ROWS / ITEM_ROWS)
#endif
