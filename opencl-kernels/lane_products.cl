/*
 * The matrix products of products.cl where lanes share outputs. Needs products.cl and one of
 * float_groups.cl and coded_groups.cl, which has
 *
 *   weight_group    what load_weights reads of a weight row's group
 *   multiply_group  its product with a group of an x row
 *   stage_weights, stage_values, multiply_tile  the same through local memory, with the same bits
 *
 * Groups of a tile in local memory: word j of group g of row r is at (WEIGHT_WORDS g + j) TILE_ROWS +
 * r, of token t at (VALUE_WORDS g + j) TILE_TOKENS + t. No macros of its own.
 */
#if LANES > 1
/*
 * results[i] = row . x row i, for i < tokens, in every lane. Tokens past last_token are computed as
 * that one. All items of the work-group must call.
 */
INLINE void row_products(
    INPUT rows, long row_stride, int row_count, grid_pointer grid, INPUT x, long x_stride,
    const int tokens, long last_token, long k, int lane, __local float *scratch, float *results) {
  __local float *panels = scratch + SLAB_GROUPS * TOKEN_BLOCK;
  long groups = groups_of(k);
#pragma unroll
  for (int i = 0; i < tokens; i++) {
    results[i] = 0.0f;
  }
  for (long slab = 0; slab < groups; slab += SLAB_GROUPS) {
    int count = (int)min((long)SLAB_GROUPS, groups - slab);
    for (int g = lane; g < count; g += LANES) {
      weight_group weights;
      load_weights(rows, slab + g, k, grid, &weights);
#pragma unroll
      for (int i = 0; i < tokens; i++) {
        INPUT x_row = x + min((long)i, last_token) * x_stride;
        scratch[g * tokens + i] = multiply_group(&weights, x_row, slab + g, k);
      }
    }
    meet_lanes();
    for (int p = lane; p < SLAB_PANELS * tokens; p += LANES) {
      int first = p / tokens * PANEL_GROUPS;
      float panel = 0.0f;
      for (int g = first; g < min(first + PANEL_GROUPS, count); g++) {
        panel += scratch[g * tokens + p % tokens];
      }
      panels[p] = panel;
    }
    meet_lanes();
    for (int p = 0; p * PANEL_GROUPS < count; p++) {
#pragma unroll
      for (int i = 0; i < tokens; i++) {
        results[i] += panels[p * tokens + i];
      }
    }
    meet_lanes();
  }
}

/*
 * results[i * TILE_ROWS + r] = row r . x row i, for i < tokens. x_rows holds the byte offset of each
 * x row. Rows past row_count are computed as the last of them. All items of the work-group must
 * call; results are theirs after a barrier.
 */
INLINE void tile_products(
    INPUT rows, long row_stride, int row_count, grid_pointer grid, INPUT x,
    __local const long *x_rows, int tokens, long k, int item, __local float *scratch,
    __local float *results) {
  __local float *weights = scratch;
  __local float *values = scratch + 2 * WEIGHT_WORDS * TILE_ROWS;
  int column = item % ITEM_COLUMNS;
  int first_token = item / ITEM_COLUMNS * ITEM_TOKENS;
  int own_row = item % TILE_ROWS;
  int own_group = item / TILE_ROWS;
  INPUT row = rows + min(own_row, row_count - 1) * row_stride;
  long groups = groups_of(k);
  float totals[ITEM_TOKENS * ITEM_ROWS];
  float panels[ITEM_TOKENS * ITEM_ROWS];
#pragma unroll
  for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
    totals[i] = 0.0f;
    panels[i] = 0.0f;
  }
  for (long start = 0; start < groups; start += 2) {
    if (start + own_group < groups) {
      weight_group own;
      load_weights(row, start + own_group, k, grid, &own);
      stage_weights(&own, weights + WEIGHT_WORDS * TILE_ROWS * own_group + own_row);
    }
    stage_values(x, x_rows, tokens, start, k, item, values);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int g = 0; g < 2 && start + g < groups; g++) {
      float sums[ITEM_TOKENS * ITEM_ROWS];
      multiply_tile(
          weights + WEIGHT_WORDS * TILE_ROWS * g + column,
          values + VALUE_WORDS * TILE_TOKENS * g + first_token, sums);
      bool last = (start + g + 1) % PANEL_GROUPS == 0 || start + g + 1 == groups;
#pragma unroll
      for (int i = 0; i < ITEM_TOKENS * ITEM_ROWS; i++) {
        panels[i] += sums[i];
        totals[i] += last ? panels[i] : 0.0f;
        panels[i] = last ? 0.0f : panels[i];
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
#pragma unroll
  for (int i = 0; i < ITEM_TOKENS; i++) {
#pragma unroll
    for (int r = 0; r < ITEM_ROWS; r++) {
      results[(first_token + i) * TILE_ROWS + column + ITEM_COLUMNS * r] = totals[i * ITEM_ROWS + r];
    }
  }
}
#endif
