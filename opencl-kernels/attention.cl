/*
 * attention: ragged queries over paged keys and values with grouped heads, out[t, h] =
 * softmax(soft_cap(sm_scale * q[t, h] . K) ++ sink[h]) . V, and its log-sum-exp. Online softmax:
 * Milakov and Gimelshein 2018, FlashAttention (Dao et al. 2022); split keys: Flash-Decoding (Dao et
 * al. 2023).
 *
 *   q [T, H, Dk], k [pages, Hkv, page_size, Dk], v [pages, Hkv, page_size, Dv], out [T, H, Dv],
 *   lse [T, H] or null, page_table [B, max_pages], sinks [H] or null, tree_mask [T, words] or null
 *
 *   attention        a work-group has a tile of queries and all their keys
 *   attention_split  it has a tile of queries and the keys of one split; writes partials
 *   attention_merge  joins the partials of a query
 *
 * A tile of queries is tile_tokens neighbouring tokens of one sequence times tile_heads heads that
 * share keys: its rows. Keys and values are decoded once for all of them.
 *
 * Keys are taken in splits of SPLIT_KEYS that begin at multiples of SPLIT_KEYS, a split in tiles of
 * KEYS that begin at multiples of KEYS, and a tile in order; splits are merged in order. All three
 * kernels share the functions that do it, so a result does not depend on which of them ran, nor on
 * pages, chunks of queries or company. A masked key is never read for any row that it is masked for.
 * An entry of the page table outside the cache gives NaN.
 *
 * Local memory: stage [stage_keys, stride] with stride = max(Dk, Dv) rounded up to 16, plus
 * STAGE_PAD; queries [rows, Dk rounded up to 16]; totals [rows, Dv rounded up to 16].
 *
 * Needs kv_codec.cl. Macros:
 *   KEYS             keys of a tile, a multiple of 16; 32 by default. It is part of the result.
 *   SPLIT_KEYS       keys of a split, a multiple of KEYS; 256 by default. It is part of the result.
 *   ATTENTION_ROWS   most rows of a tile, a multiple of 4; 16 by default
 *   ATTENTION_ITEMS  work-items of a tile; 4 LANES, or 1 where LANES is 1
 */
#ifndef KEYS
#define KEYS 32
#endif
#ifndef SPLIT_KEYS
#define SPLIT_KEYS 256
#endif
#ifndef ATTENTION_ROWS
#define ATTENTION_ROWS 16
#endif
#ifndef ATTENTION_ITEMS
#define ATTENTION_ITEMS (LANES == 1 ? 1 : 4 * LANES)
#endif
/* Rows of neighbouring keys fall into different banks. */
#define STAGE_PAD (LANES == 1 ? 0 : 1)
#define ROW_GROUP 4

typedef struct {
  cube_view q;
  page_view k, v;
  cube_view out;
  matrix_view lse;
  vector_view cu_seqlens_q, kv_lens;
  matrix_view page_table;
  vector_view sinks;
  matrix_view tree_mask;
  page_view partials;
  cube_view partial_states;
  long num_seqs, num_heads, group, key_size, value_size, pages, page_size, causal, window;
  long tile_tokens, tile_heads, stage_keys, splits;
  float sm_scale, soft_cap;
} attention_params;

/* Rows of one work-group: row r is token first_token + r / heads, head first_head + r % heads. */
typedef struct {
  long sequence, first_token, tokens, first_head, heads, kv_head;
  int rows;
  /* Keys that any row may see, and the key of the sequence's first query. */
  long begin, end, first_query_key, first_query;
} query_tile;

/* What the rows of a tile share in local memory. */
typedef struct {
  __local float *stage, *queries, *totals;
  __local float *scores;
  __local float *largest, *sums, *keeps;
  __local long *key_rows, *value_rows;
} tile_memory;

/* The first tile of a sequence; tiles of a sequence are never more than lie before the next one. */
INLINE long first_tile_of(const __global int *starts, long sequence, long tile_tokens) {
  return starts[sequence] / tile_tokens + sequence;
}

INLINE query_tile tile_of(
    long index, long head_tile, INPUT cu_seqlens_q, INPUT kv_lens, const attention_params *p) {
  const __global int *starts = CONST_INTS(cu_seqlens_q, p->cu_seqlens_q.offset);
  long low = 0;
  long high = p->num_seqs;
  while (high - low > 1) {
    long middle = (low + high) / 2;
    if (first_tile_of(starts, middle, p->tile_tokens) <= index) {
      low = middle;
    } else {
      high = middle;
    }
  }
  query_tile tile;
  long head_tiles = (p->group + p->tile_heads - 1) / p->tile_heads;
  long first_of_group = head_tile % head_tiles * p->tile_heads;
  tile.sequence = low;
  tile.first_query = starts[low];
  tile.first_token =
      starts[low] + (index - first_tile_of(starts, low, p->tile_tokens)) * p->tile_tokens;
  tile.tokens = clamp((long)starts[low + 1] - tile.first_token, 0L, p->tile_tokens);
  tile.kv_head = head_tile / head_tiles;
  tile.first_head = tile.kv_head * p->group + first_of_group;
  tile.heads = min(p->tile_heads, p->group - first_of_group);
  tile.rows = (int)(tile.tokens * tile.heads);
  long kv_len = CONST_INTS(kv_lens, p->kv_lens.offset)[low];
  tile.first_query_key = kv_len - (starts[low + 1] - starts[low]);
  long first = tile.first_query_key + tile.first_token - tile.first_query;
  tile.begin = p->window > 0 ? max(first - p->window + 1, 0L) : 0;
  tile.end = tile.rows == 0 ? 0 : p->causal ? first + tile.tokens : kv_len;
  return tile;
}

INLINE bool is_visible(
    long j, int row, const query_tile *tile, INPUT tree_mask, const attention_params *p) {
  long t = tile->first_token + row / tile->heads;
  long i = tile->first_query_key + t - tile->first_query;
  if (j >= tile->end || (p->causal && j > i) || (p->window > 0 && j <= i - p->window)) {
    return false;
  }
  long bit = j - tile->first_query_key;
  return tree_mask == 0 || bit < 0 ||
         (CONST_INTS(tree_mask, p->tree_mask.offset + t * p->tree_mask.stride0)[bit / 32] >>
              (bit % 32) & 1);
}

INLINE long chunks_of(long size) {
  return (size + 15) / 16;
}

INLINE long stage_stride(const attention_params *p) {
  return 16 * chunks_of(max(p->key_size, p->value_size)) + STAGE_PAD;
}

/* Byte offsets of the tile's keys and values; -1 for keys that none may see or that lie nowhere. */
INLINE void locate_keys(
    long first_key, INPUT page_table, const query_tile *tile, const tile_memory *memory,
    const attention_params *p, int item) {
  const __global int *table =
      CONST_INTS(page_table, p->page_table.offset + tile->sequence * p->page_table.stride0);
  for (int i = item; i < KEYS; i += ATTENTION_ITEMS) {
    long j = first_key + i;
    bool seen = j >= tile->begin && j < tile->end;
    long page = seen ? table[j / p->page_size] : -1;
    bool known = page >= 0 && page < p->pages;
    long slot = j % p->page_size;
    long key_row = p->k.offset + page * p->k.stride0 + tile->kv_head * p->k.stride1 +
                   slot * p->k.stride2;
    long value_row = p->v.offset + page * p->v.stride0 + tile->kv_head * p->v.stride1 +
                     slot * p->v.stride2;
    memory->key_rows[i] = known ? key_row : -1;
    memory->value_rows[i] = known ? value_row : -1;
  }
}

/* Decodes rows [first, first + stage_keys) of a tile. */
INLINE void stage_rows(
    INPUT cache, __local const long *rows, int first, long size, const tile_memory *memory,
    const attention_params *p, int item) {
  int chunks = (int)chunks_of(size);
  for (int c = item; c < p->stage_keys * chunks; c += ATTENTION_ITEMS) {
    int i = c / chunks;
    if (rows[first + i] >= 0) {
      STORE16(
          __local, memory->stage + i * stage_stride(p) + 16 * (c % chunks),
          load_kv16(cache + rows[first + i], c % chunks, size));
    }
  }
}

INLINE float score_of(float sum, const attention_params *p) {
  float score = p->sm_scale * sum;
  return p->soft_cap == 0.0f ? score : p->soft_cap * tanh(score / p->soft_cap);
}

/* Scores of a staged key for up to ROW_GROUP rows; -infinity where it is masked. */
INLINE void score_rows(
    long j, int i, int first_row, __local const float *key, INPUT tree_mask,
    const query_tile *tile, const tile_memory *memory, const attention_params *p) {
  long chunks = chunks_of(p->key_size);
  __local const float *queries = memory->queries + 16 * chunks * first_row;
  int count = min(ROW_GROUP, tile->rows - first_row);
  float16 sums[ROW_GROUP];
#pragma unroll
  for (int r = 0; r < ROW_GROUP; r++) {
    sums[r] = 0.0f;
  }
  if (count == ROW_GROUP) {
    for (long c = 0; c < chunks; c++) {
      float16 part = LOAD16(__local, key + 16 * c);
#pragma unroll
      for (int r = 0; r < ROW_GROUP; r++) {
        sums[r] = fma(LOAD16(__local, queries + 16 * (r * chunks + c)), part, sums[r]);
      }
    }
  } else {
#pragma unroll
    for (int r = 0; r < ROW_GROUP; r++) {
      for (long c = 0; r < count && c < chunks; c++) {
        float16 query = LOAD16(__local, queries + 16 * (r * chunks + c));
        sums[r] = fma(query, LOAD16(__local, key + 16 * c), sums[r]);
      }
    }
  }
#pragma unroll
  for (int r = 0; r < ROW_GROUP; r++) {
    if (r < count) {
      bool visible = is_visible(j, first_row + r, tile, tree_mask, p);
      float score = memory->key_rows[i] >= 0 ? score_of(sum16(sums[r]), p) : NAN;
      memory->scores[(first_row + r) * KEYS + i] = visible ? score : -INFINITY;
    }
  }
}

INLINE float max16(float16 v) {
  float8 a = fmax(v.lo, v.hi);
  float4 b = fmax(a.lo, a.hi);
  float2 c = fmax(b.lo, b.hi);
  return fmax(c.x, c.y);
}

/* Scores become weights, and the state of each row takes them in. */
INLINE void weigh_rows(const query_tile *tile, const tile_memory *memory, int item) {
  for (int r = item; r < tile->rows; r += ATTENTION_ITEMS) {
    float16 most = LOAD16(__local, memory->scores + r * KEYS);
    for (int c = 1; c < KEYS / 16; c++) {
      most = fmax(most, LOAD16(__local, memory->scores + r * KEYS + 16 * c));
    }
    float before = memory->largest[r];
    float after = fmax(before, max16(most));
    memory->largest[r] = after;
    memory->keeps[r] = before == -INFINITY ? 0.0f : exp(before - after);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int c = item; c < tile->rows * (KEYS / 16); c += ATTENTION_ITEMS) {
    float after = memory->largest[c / (KEYS / 16)];
    float shift = after == -INFINITY ? 0.0f : after;
    float16 weights = exp(LOAD16(__local, memory->scores + 16 * c) - shift);
    STORE16(__local, memory->scores + 16 * c, weights);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int r = item; r < tile->rows; r += ATTENTION_ITEMS) {
    float16 sum = 0.0f;
    for (int c = 0; c < KEYS / 16; c++) {
      sum += LOAD16(__local, memory->scores + r * KEYS + 16 * c);
    }
    memory->sums[r] = fma(memory->sums[r], memory->keeps[r], sum16(sum));
  }
}

/* Adds staged values [first, first + count) to one chunk of up to ROW_GROUP rows. */
INLINE void add_values(
    int chunk, int first_row, int first, const query_tile *tile, const tile_memory *memory,
    const attention_params *p) {
  long chunks = chunks_of(p->value_size);
  long stride = stage_stride(p);
  float16 totals[ROW_GROUP];
#pragma unroll
  for (int r = 0; r < ROW_GROUP; r++) {
    int row = min(first_row + r, tile->rows - 1);
    totals[r] = LOAD16(__local, memory->totals + 16 * (row * chunks + chunk));
    totals[r] = first == 0 ? totals[r] * memory->keeps[row] : totals[r];
  }
  for (int i = 0; i < p->stage_keys; i++) {
    float16 value = LOAD16(__local, memory->stage + i * stride + 16 * chunk);
#pragma unroll
    for (int r = 0; r < ROW_GROUP; r++) {
      float weight = memory->scores[min(first_row + r, tile->rows - 1) * KEYS + first + i];
      /* A value that a row may not see must not reach it, not even as zero times infinity. */
      totals[r] = weight == 0.0f ? totals[r] : fma((float16)(weight), value, totals[r]);
    }
  }
#pragma unroll
  for (int r = 0; r < ROW_GROUP; r++) {
    if (first_row + r < tile->rows) {
      STORE16(__local, memory->totals + 16 * ((first_row + r) * chunks + chunk), totals[r]);
    }
  }
}

/* The queries of a tile, zeros past their ends. */
INLINE void load_queries(
    INPUT q, const query_tile *tile, const tile_memory *memory, const attention_params *p,
    int item) {
  int chunks = (int)chunks_of(p->key_size);
  for (int c = item; c < tile->rows * chunks; c += ATTENTION_ITEMS) {
    int row = c / chunks;
    const __global act_t *query = CONST_ACTS(
        q, p->q.offset + (tile->first_token + row / tile->heads) * p->q.stride0 +
               (tile->first_head + row % tile->heads) * p->q.stride1);
    STORE16(__local, memory->queries + 16 * c, load_act16(query, 16 * (c % chunks), p->key_size));
  }
}

/*
 * The state of all rows over the keys of the split that begins at split: largest score, sum of
 * weights and weighted values. Theirs after a barrier.
 */
INLINE void attend_split(
    long split, INPUT k, INPUT v, INPUT page_table, INPUT tree_mask, const query_tile *tile,
    const tile_memory *memory, const attention_params *p, int item) {
  int row_groups = (tile->rows + ROW_GROUP - 1) / ROW_GROUP;
  int value_chunks = (int)chunks_of(p->value_size);
  for (int r = item; r < tile->rows; r += ATTENTION_ITEMS) {
    memory->largest[r] = -INFINITY;
    memory->sums[r] = 0.0f;
  }
  for (int c = item; c < tile->rows * value_chunks; c += ATTENTION_ITEMS) {
    STORE16(__local, memory->totals + 16 * c, (float16)(0.0f));
  }
  long from = max(split, tile->begin / KEYS * KEYS);
  long to = min(split + SPLIT_KEYS, tile->end);
  for (long first_key = from; first_key < to; first_key += KEYS) {
    locate_keys(first_key, page_table, tile, memory, p, item);
    for (int first = 0; first < KEYS; first += p->stage_keys) {
      barrier(CLK_LOCAL_MEM_FENCE);
      stage_rows(k, memory->key_rows, first, p->key_size, memory, p, item);
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int pair = item; pair < p->stage_keys * row_groups; pair += ATTENTION_ITEMS) {
        int i = pair % (int)p->stage_keys;
        score_rows(
            first_key + first + i, first + i, pair / (int)p->stage_keys * ROW_GROUP,
            memory->stage + i * stage_stride(p), tree_mask, tile, memory, p);
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    weigh_rows(tile, memory, item);
    for (int first = 0; first < KEYS; first += p->stage_keys) {
      barrier(CLK_LOCAL_MEM_FENCE);
      stage_rows(v, memory->value_rows, first, p->value_size, memory, p, item);
      barrier(CLK_LOCAL_MEM_FENCE);
      for (int pair = item; pair < value_chunks * row_groups; pair += ATTENTION_ITEMS) {
        add_values(pair % value_chunks, pair / value_chunks * ROW_GROUP, first, tile, memory, p);
      }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

/* Largest score and sum of weights so far, before the first key (-infinity, 0). */
typedef struct {
  float largest, sum;
} softmax_state;

/* How much of a state's and of a split's values their merger takes. */
typedef struct {
  float of_state, of_split;
} merge_factors;

INLINE bool is_empty(softmax_state s) {
  return s.largest == -INFINITY && s.sum == 0.0f;
}

/* Takes a split into a state. A split without visible keys changes nothing. */
INLINE merge_factors merge_split(softmax_state *state, softmax_state split) {
  merge_factors factors = {1.0f, 0.0f};
  if (is_empty(split)) {
    return factors;
  }
  if (is_empty(*state)) {
    *state = split;
    factors.of_state = 0.0f;
    factors.of_split = 1.0f;
    return factors;
  }
  float next = fmax(state->largest, split.largest);
  factors.of_state = exp(state->largest - next);
  factors.of_split = exp(split.largest - next);
  state->sum = fma(state->sum, factors.of_state, split.sum * factors.of_split);
  state->largest = next;
  return factors;
}

/* Sides that a merger takes nothing of are not touched: they may hold anything. */
INLINE float merge_value(float value, float split, merge_factors factors) {
  return factors.of_split == 0.0f  ? value
         : factors.of_state == 0.0f ? split * factors.of_split
                                    : fma(value, factors.of_state, split * factors.of_split);
}

/* The factor that turns merged values into the output, the sink included. */
INLINE float finish(softmax_state state, INPUT sinks, long h, float *lse, const attention_params *p) {
  if (is_empty(state)) {
    *lse = -INFINITY;
    return 0.0f;
  }
  float scale = 1.0f;
  if (sinks) {
    float sink = CONST_FLOATS(sinks, p->sinks.offset)[h];
    float next = fmax(state.largest, sink);
    scale = exp(state.largest - next);
    state.sum = fma(state.sum, scale, exp(sink - next));
    state.largest = next;
  }
  *lse = state.largest + log(state.sum);
  return scale / state.sum;
}

/* Where the merged values of a head wait as float32 until they are scaled: in out, or where that is
 * narrower in the first of its partials. */
INLINE __global float *merged_row(
    GLOBAL out, GLOBAL partials, long t, long h, const attention_params *p) {
#if ACT == ACT_F32
  return FLOATS(out, p->out.offset + t * p->out.stride0 + h * p->out.stride1);
#else
  return FLOATS(partials, p->partials.offset + t * p->partials.stride0 + h * p->partials.stride1);
#endif
}

/* Local memory of a tile: what has a fixed size, and what the host measured. */
#define TILE_MEMORY(memory, stage_floats, query_floats, total_floats)          \
  __local float tile_scores[ATTENTION_ROWS * KEYS];                            \
  __local float tile_largest[ATTENTION_ROWS];                                  \
  __local float tile_sums[ATTENTION_ROWS];                                     \
  __local float tile_keeps[ATTENTION_ROWS];                                    \
  __local long tile_key_rows[KEYS];                                            \
  __local long tile_value_rows[KEYS];                                          \
  tile_memory memory = {stage_floats, query_floats, total_floats, tile_scores, \
                        tile_largest, tile_sums,    tile_keeps,   tile_key_rows, \
                        tile_value_rows}

/*
 * Launch: global (ATTENTION_ITEMS, Hkv * head tiles, token tiles), local (ATTENTION_ITEMS, 1, 1).
 * merged_row holds the merged values until they are scaled; partials is [T, H, 1, Dv] where out is
 * narrower than float32, else null.
 */
__kernel __attribute__((reqd_work_group_size(ATTENTION_ITEMS, 1, 1))) void attention(
    INPUT q, INPUT k, INPUT v, GLOBAL out, GLOBAL lse, INPUT cu_seqlens_q, INPUT kv_lens,
    INPUT page_table, INPUT sinks, INPUT tree_mask, GLOBAL partials, GLOBAL partial_states,
    __local float *stage, __local float *queries, __local float *totals,
    const attention_params p) {
  TILE_MEMORY(memory, stage, queries, totals);
  __local float state_largest[ATTENTION_ROWS];
  __local float state_sums[ATTENTION_ROWS];
  __local float of_states[ATTENTION_ROWS];
  __local float of_splits[ATTENTION_ROWS];
  int item = (int)get_local_id(0);
  query_tile tile = tile_of(get_group_id(2), get_group_id(1), cu_seqlens_q, kv_lens, &p);
  load_queries(q, &tile, &memory, &p, item);
  for (int r = item; r < tile.rows; r += ATTENTION_ITEMS) {
    state_largest[r] = -INFINITY;
    state_sums[r] = 0.0f;
  }
  int value_size = (int)p.value_size;
  int padded = 16 * (int)chunks_of(value_size);
  for (long split = tile.begin / SPLIT_KEYS * SPLIT_KEYS; split < tile.end; split += SPLIT_KEYS) {
    attend_split(split, k, v, page_table, tree_mask, &tile, &memory, &p, item);
    for (int r = item; r < tile.rows; r += ATTENTION_ITEMS) {
      softmax_state state = {state_largest[r], state_sums[r]};
      softmax_state part = {memory.largest[r], memory.sums[r]};
      merge_factors factors = merge_split(&state, part);
      state_largest[r] = state.largest;
      state_sums[r] = state.sum;
      of_states[r] = factors.of_state;
      of_splits[r] = factors.of_split;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int e = item; e < tile.rows * value_size; e += ATTENTION_ITEMS) {
      int r = e / value_size;
      int d = e % value_size;
      __global float *to = merged_row(
          out, partials, tile.first_token + r / tile.heads, tile.first_head + r % tile.heads, &p);
      merge_factors factors = {of_states[r], of_splits[r]};
      to[d] = merge_value(to[d], totals[r * padded + d], factors);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int r = item; r < tile.rows; r += ATTENTION_ITEMS) {
    long t = tile.first_token + r / tile.heads;
    long h = tile.first_head + r % tile.heads;
    softmax_state state = {state_largest[r], state_sums[r]};
    float row_lse;
    of_states[r] = finish(state, sinks, h, &row_lse, &p);
    of_splits[r] = is_empty(state) ? 0.0f : 1.0f;
    if (lse) {
      FLOATS(lse, p.lse.offset + t * p.lse.stride0)[h] = row_lse;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int e = item; e < tile.rows * value_size; e += ATTENTION_ITEMS) {
    int r = e / value_size;
    long t = tile.first_token + r / tile.heads;
    long h = tile.first_head + r % tile.heads;
    float value = merged_row(out, partials, t, h, &p)[e % value_size];
    store_act(ACTS(out, p.out.offset + t * p.out.stride0 + h * p.out.stride1), e % value_size,
              of_splits[r] == 0.0f ? 0.0f : value * of_states[r]);
  }
}

/*
 * partials [T, H, splits, Dv], partial_states [T, H, splits * 2].
 * Launch: as attention, the third dimension token tiles * splits.
 */
__kernel __attribute__((reqd_work_group_size(ATTENTION_ITEMS, 1, 1))) void attention_split(
    INPUT q, INPUT k, INPUT v, GLOBAL out, GLOBAL lse, INPUT cu_seqlens_q, INPUT kv_lens,
    INPUT page_table, INPUT sinks, INPUT tree_mask, GLOBAL partials, GLOBAL partial_states,
    __local float *stage, __local float *queries, __local float *totals,
    const attention_params p) {
  TILE_MEMORY(memory, stage, queries, totals);
  int item = (int)get_local_id(0);
  long s = get_group_id(2) % p.splits;
  query_tile tile =
      tile_of(get_group_id(2) / p.splits, get_group_id(1), cu_seqlens_q, kv_lens, &p);
  load_queries(q, &tile, &memory, &p, item);
  attend_split(s * SPLIT_KEYS, k, v, page_table, tree_mask, &tile, &memory, &p, item);
  int value_size = (int)p.value_size;
  int padded = 16 * (int)chunks_of(value_size);
  for (int e = item; e < tile.rows * value_size; e += ATTENTION_ITEMS) {
    int r = e / value_size;
    int d = e % value_size;
    FLOATS(partials, p.partials.offset +
                         (tile.first_token + r / tile.heads) * p.partials.stride0 +
                         (tile.first_head + r % tile.heads) * p.partials.stride1 +
                         s * p.partials.stride2)[d] = totals[r * padded + d];
  }
  for (int r = item; r < tile.rows; r += ATTENTION_ITEMS) {
    __global float *state = FLOATS(
        partial_states, p.partial_states.offset +
                            (tile.first_token + r / tile.heads) * p.partial_states.stride0 +
                            (tile.first_head + r % tile.heads) * p.partial_states.stride1);
    state[2 * s] = memory.largest[r];
    state[2 * s + 1] = memory.sums[r];
  }
}

/* Launch: global (LANES, H, T), local (LANES, 1, 1): the lanes share the elements of an output. */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void attention_merge(
    INPUT q, INPUT k, INPUT v, GLOBAL out, GLOBAL lse, INPUT cu_seqlens_q, INPUT kv_lens,
    INPUT page_table, INPUT sinks, INPUT tree_mask, GLOBAL partials, GLOBAL partial_states,
    const attention_params p) {
  int lane = (int)get_local_id(0);
  long h = get_global_id(1);
  long t = get_global_id(2);
  const __global float *parts = CONST_FLOATS(
      partial_states,
      p.partial_states.offset + t * p.partial_states.stride0 + h * p.partial_states.stride1);
  __global float *to = merged_row(out, partials, t, h, &p);
  softmax_state state = {-INFINITY, 0.0f};
  for (long s = 0; s < p.splits; s++) {
    softmax_state part = {parts[2 * s], parts[2 * s + 1]};
    merge_factors factors = merge_split(&state, part);
    const __global float *values = CONST_FLOATS(
        partials, p.partials.offset + t * p.partials.stride0 + h * p.partials.stride1 +
                      s * p.partials.stride2);
    for (long d = lane; d < p.value_size; d += LANES) {
      to[d] = merge_value(to[d], values[d], factors);
    }
  }
  float row_lse;
  float factor = finish(state, sinks, h, &row_lse, &p);
  __global act_t *final = ACTS(out, p.out.offset + t * p.out.stride0 + h * p.out.stride1);
  for (long d = lane; d < p.value_size; d += LANES) {
    store_act(final, d, is_empty(state) ? 0.0f : to[d] * factor);
  }
  if (lse && lane == 0) {
    FLOATS(lse, p.lse.offset + t * p.lse.stride0)[h] = row_lse;
  }
}
