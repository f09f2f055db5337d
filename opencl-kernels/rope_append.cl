/*
 * Rotation of queries and writing of keys and values to their pages (RoFormer, Su et al. 2021);
 * encode_rows writes rows of any other tensor the same way.
 *
 *   rope_queries  q [T, H, D], in place. Launch: global (R / 2 rounded up, H, T)
 *   append        x [T, Hkv, D] to cache [pages, Hkv, page_size, D], rotated when cos_sin is given.
 *                 A negative slot, or one past the cache, writes nothing.
 *                 Launch: global (D / 32 rounded up, Hkv, T); one work-item per 32 values
 *   encode_rows   out[r] = x[r], which is float32: ACT is ACT_F32. Launch: global (K / 32 rounded up, rows)
 *
 * The pairs are (i, i + R/2) with half_style, otherwise (2i, 2i + 1), from rotary_offset on.
 * Needs kv_codec.cl; no macros of its own.
 */
typedef struct {
  cube_view q;
  matrix_view cos_sin;
  long pairs, rotary_offset, half_style;
} rope_queries_params;

__kernel void rope_queries(GLOBAL q, INPUT cos_sin, const rope_queries_params p) {
  long i = get_global_id(0);
  long h = get_global_id(1);
  long t = get_global_id(2);
  if (i >= p.pairs) {
    return;
  }
  __global act_t *head =
      ACTS(q, p.q.offset + t * p.q.stride0 + h * p.q.stride1) + p.rotary_offset;
  const __global float *table = CONST_FLOATS(cos_sin, p.cos_sin.offset + t * p.cos_sin.stride0);
  long first = p.half_style ? i : 2 * i;
  long second = p.half_style ? i + p.pairs : 2 * i + 1;
  float a = load_act(head, first);
  float b = load_act(head, second);
  float c = table[i];
  float s = table[p.pairs + i];
  store_act(head, first, a * c - b * s);
  store_act(head, second, b * c + a * s);
}

typedef struct {
  cube_view x;
  matrix_view cos_sin;
  vector_view slots;
  page_view cache;
  long size, pairs, rotary_offset, half_style, pages, page_size;
} append_params;

/* Element d of a head after rotation. */
INLINE float rotated(
    const __global act_t *head, const __global float *table, long d, const append_params *p) {
  long i = d - p->rotary_offset;
  float own = load_act(head, d);
  if (table == 0 || i < 0 || i >= 2 * p->pairs) {
    return own;
  }
  bool second = p->half_style ? i >= p->pairs : i % 2 == 1;
  long distance = p->half_style ? p->pairs : 1;
  long pair = p->half_style ? (second ? i - p->pairs : i) : i / 2;
  float c = table[pair];
  float s = table[p->pairs + pair];
  float other = load_act(head, second ? d - distance : d + distance);
  return second ? own * c + other * s : own * c - other * s;
}

__kernel void append(
    INPUT x, INPUT cos_sin, INPUT slots, GLOBAL cache, const append_params p) {
  long group = get_global_id(0);
  long h = get_global_id(1);
  long t = get_global_id(2);
  long slot = CONST_INTS(slots, p.slots.offset)[t];
  if (32 * group >= p.size || slot < 0 || slot >= p.pages * p.page_size) {
    return;
  }
  const __global act_t *head = CONST_ACTS(x, p.x.offset + t * p.x.stride0 + h * p.x.stride1);
  const __global float *table =
      cos_sin ? CONST_FLOATS(cos_sin, p.cos_sin.offset + t * p.cos_sin.stride0) : 0;
  int count = (int)min(32L, p.size - 32 * group);
  float values[32];
  for (int i = 0; i < count; i++) {
    values[i] = rotated(head, table, 32 * group + i, &p);
  }
  GLOBAL row = cache + p.cache.offset + slot / p.page_size * p.cache.stride0 +
               h * p.cache.stride1 + slot % p.page_size * p.cache.stride2;
  store_kv32(row, group, count, values);
}

typedef struct {
  matrix_view x, out;
  long size;
} encode_rows_params;

__kernel void encode_rows(INPUT x, GLOBAL out, const encode_rows_params p) {
  long group = get_global_id(0);
  long r = get_global_id(1);
  if (32 * group >= p.size) {
    return;
  }
  const __global float *from = CONST_FLOATS(x, p.x.offset + r * p.x.stride0) + 32 * group;
  int count = (int)min(32L, p.size - 32 * group);
  float values[32];
  for (int i = 0; i < count; i++) {
    values[i] = from[i];
  }
  store_kv32(out + p.out.offset + r * p.out.stride0, group, count, values);
}
