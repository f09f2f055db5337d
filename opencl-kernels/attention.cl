/*
 * attention: ragged queries over paged keys and values with grouped heads, out[t, h] =
 * softmax(soft_cap(sm_scale * q[t, h] . K) ++ sink[h]) . V, and its log-sum-exp. Online softmax:
 * Milakov and Gimelshein 2018, FlashAttention (Dao et al. 2022).
 *
 *   q [T, H, Dk], k [pages, Hkv, page_size, Dk], v [pages, Hkv, page_size, Dv], out [T, H, Dv],
 *   lse [T, H] or null, page_table [B, max_pages], sinks [H] or null, tree_mask [T, words] or null
 *
 * Keys are taken in tiles of KEYS that begin at multiples of KEYS, and within a tile in order, so
 * a result does not depend on pages, chunks of queries or company. A masked key is never read. An
 * entry of the page table outside the cache gives NaN.
 *
 * Launch: global (LANES, H, T), local (LANES, 1, 1): the lanes of a query first share the keys of
 * a tile, then the values' elements. Local memory: totals [Dv rounded up to 16].
 *
 * Needs kv_codec.cl. Macro:
 *   KEYS  keys of a tile, a multiple of 16; 32 by default. It is part of the result.
 */
#ifndef KEYS
#define KEYS 32
#endif

typedef struct {
  cube_view q;
  page_view k, v;
  cube_view out;
  matrix_view lse;
  vector_view cu_seqlens_q, kv_lens;
  matrix_view page_table;
  vector_view sinks;
  matrix_view tree_mask;
  long num_seqs, group, key_size, value_size, pages, page_size, causal, window;
  float sm_scale, soft_cap;
} attention_params;

/* What one query row may see: keys [begin, end), tree bits from first_query_key on. */
typedef struct {
  long begin, end, first_query_key;
  const __global int *table;
  const __global int *mask;
} visible_keys;

INLINE visible_keys visible_to(
    long t, INPUT cu_seqlens_q, INPUT kv_lens, INPUT page_table, INPUT tree_mask,
    const attention_params *p) {
  const __global int *starts = CONST_INTS(cu_seqlens_q, p->cu_seqlens_q.offset);
  long low = 0;
  long high = p->num_seqs;
  while (high - low > 1) {
    long middle = (low + high) / 2;
    if (starts[middle] <= t) {
      low = middle;
    } else {
      high = middle;
    }
  }
  long kv_len = CONST_INTS(kv_lens, p->kv_lens.offset)[low];
  visible_keys seen;
  seen.first_query_key = kv_len - (starts[low + 1] - starts[low]);
  long i = seen.first_query_key + t - starts[low];
  seen.end = p->causal ? i + 1 : kv_len;
  seen.begin = p->window > 0 ? max(i - p->window + 1, 0L) : 0;
  seen.table = CONST_INTS(page_table, p->page_table.offset + low * p->page_table.stride0);
  seen.mask = tree_mask
                  ? CONST_INTS(tree_mask, p->tree_mask.offset + t * p->tree_mask.stride0)
                  : 0;
  return seen;
}

INLINE bool is_visible(long j, const visible_keys *seen) {
  if (j < seen->begin || j >= seen->end) {
    return false;
  }
  long bit = j - seen->first_query_key;
  return seen->mask == 0 || bit < 0 || (seen->mask[bit / 32] >> (bit % 32) & 1);
}

INLINE float score_of(
    const __global float *query, INPUT row, const attention_params *p) {
  float16 sums = 0.0f;
  for (long c = 0; 16 * c < p->key_size; c++) {
    sums = fma(load16(query, 16 * c, p->key_size), load_kv16(row, c, p->key_size), sums);
  }
  float score = p->sm_scale * sum16(sums);
  return p->soft_cap == 0.0f ? score : p->soft_cap * tanh(score / p->soft_cap);
}

__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void attention(
    INPUT q, INPUT k, INPUT v, GLOBAL out, GLOBAL lse, INPUT cu_seqlens_q, INPUT kv_lens,
    INPUT page_table, INPUT sinks, INPUT tree_mask, __local float *totals,
    const attention_params p) {
  __local float scores[KEYS];
  __local float weights[KEYS];
  __local long value_rows[KEYS];
  int lane = (int)get_local_id(0);
  long h = get_global_id(1);
  long t = get_global_id(2);
  long kv_head = h / p.group;
  visible_keys seen = visible_to(t, cu_seqlens_q, kv_lens, page_table, tree_mask, &p);
  const __global float *query = CONST_FLOATS(q, p.q.offset + t * p.q.stride0 + h * p.q.stride1);
  long chunks = (p.value_size + 15) / 16;
  for (long c = lane; c < chunks; c += LANES) {
    vstore16((float16)(0.0f), c, totals);
  }
  float largest = -INFINITY;
  float sum = 0.0f;
  for (long tile = seen.begin / KEYS * KEYS; tile < seen.end; tile += KEYS) {
    for (int i = lane; i < KEYS; i += LANES) {
      long j = tile + i;
      scores[i] = -INFINITY;
      value_rows[i] = -1;
      if (is_visible(j, &seen)) {
        long page = seen.table[j / p.page_size];
        long slot = j % p.page_size;
        bool known = page >= 0 && page < p.pages;
        INPUT key = k + p.k.offset + (known ? page : 0) * p.k.stride0 + kv_head * p.k.stride1 +
                    slot * p.k.stride2;
        scores[i] = known ? score_of(query, key, &p) : NAN;
        value_rows[i] = p.v.offset + (known ? page : 0) * p.v.stride0 + kv_head * p.v.stride1 +
                        slot * p.v.stride2;
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    float tile_largest = -INFINITY;
    bool any = false;
    for (int i = 0; i < KEYS; i++) {
      tile_largest = fmax(tile_largest, scores[i]);
      any = any || value_rows[i] >= 0;
    }
    float next = fmax(largest, tile_largest);
    float shift = next == -INFINITY ? 0.0f : next;
    float keep = largest == -INFINITY ? 0.0f : exp(largest - shift);
    for (int c = lane; c < KEYS / 16; c += LANES) {
      vstore16(exp(vload16(c, scores) - shift), c, weights);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (any) {
      float16 tile_sum = 0.0f;
      for (int c = 0; c < KEYS / 16; c++) {
        tile_sum += vload16(c, weights);
      }
      sum = fma(sum, keep, sum16(tile_sum));
      largest = next;
      for (long c = lane; c < chunks; c += LANES) {
        float16 total = vload16(c, totals) * keep;
        for (int i = 0; i < KEYS; i++) {
          if (value_rows[i] >= 0) {
            total = fma((float16)(weights[i]), load_kv16(v + value_rows[i], c, p.value_size), total);
          }
        }
        vstore16(total, c, totals);
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  bool empty = largest == -INFINITY && sum == 0.0f;
  float scale = 1.0f;
  if (sinks && !empty) {
    float sink = CONST_FLOATS(sinks, p.sinks.offset)[h];
    float next = fmax(largest, sink);
    scale = exp(largest - next);
    sum = fma(sum, scale, exp(sink - next));
    largest = next;
  }
  __global float *to = FLOATS(out, p.out.offset + t * p.out.stride0 + h * p.out.stride1);
  float factor = empty ? 0.0f : scale / sum;
  for (long c = lane; c < chunks; c += LANES) {
    for (long d = 16 * c; d < min(16 * c + 16, p.value_size); d++) {
      to[d] = totals[d] * factor;
    }
  }
  if (lse && lane == 0) {
    FLOATS(lse, p.lse.offset + t * p.lse.stride0)[h] = empty ? -INFINITY : largest + log(sum);
  }
}
