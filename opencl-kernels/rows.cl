/*
 * Rows of any dtype as activations: decode_rows (Convert) and embed. One work-item per 32 values.
 *
 *   decode_rows  out[r] = x[r], which is float32: ACT is ACT_F32
 *   embed        out[t] = scale * table[ids[t]]; NaN for an id outside the table
 *
 * Launch: global (K / 32 rounded up, rows). Needs decode_group of a quant file; no macros of its
 * own.
 */
INLINE void store_group(__global act_t *to, long group, long size, float16 low, float16 high) {
  long start = 32 * group;
#if ACT == ACT_F32
  if (start + 32 <= size) {
    vstore16(low, 0, to + start);
    vstore16(high, 1, to + start);
    return;
  }
#endif
  float values[32];
  vstore16(low, 0, values);
  vstore16(high, 1, values);
  for (int i = 0; i < 32 && start + i < size; i++) {
    store_act(to, start + i, values[i]);
  }
}

typedef struct {
  matrix_view x, out;
  long size;
} decode_rows_params;

__kernel void decode_rows(
    INPUT x, GLOBAL out, const __global char *grid, const decode_rows_params p) {
  long group = get_global_id(0);
  long r = get_global_id(1);
  if (32 * group >= p.size) {
    return;
  }
  float16 low, high;
  decode_group(x + p.x.offset + r * p.x.stride0, group, p.size, grid, &low, &high);
  store_group(ACTS(out, p.out.offset + r * p.out.stride0), group, p.size, low, high);
}

typedef struct {
  matrix_view table;
  vector_view ids;
  matrix_view out;
  long size, vocab;
  float scale;
} embed_params;

__kernel void embed(
    INPUT table, INPUT ids, GLOBAL out, const __global char *grid, const embed_params p) {
  long group = get_global_id(0);
  long t = get_global_id(1);
  if (32 * group >= p.size) {
    return;
  }
  long id = CONST_INTS(ids, p.ids.offset)[t];
  float16 low = NAN;
  float16 high = NAN;
  if (id >= 0 && id < p.vocab) {
    decode_group(table + p.table.offset + id * p.table.stride0, group, p.size, grid, &low, &high);
  }
  __global act_t *to = ACTS(out, p.out.offset + t * p.out.stride0);
  store_group(to, group, p.size, p.scale * low, p.scale * high);
}
