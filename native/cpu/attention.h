/*
 * Attention of query rows that share a KV head to a slice of its keys, online softmax over blocks of
 * kKeyBlock keys. Blocks begin at multiples of kKeyBlock in key index and every product has a sum of
 * its own, so a row's bits depend on its own keys and on where the slice begins and ends alone.
 *
 * Few rows (decode) meet keys and values as they are decoded in registers; for many (prefill) a block
 * is decoded once into scratch. Both add in the same order: lane i of a score holds the elements
 * i, i + 16, i + 32, ...; a value is multiplied and added key by key.
 */
#ifndef LEVIN_CPU_ATTENTION_H
#define LEVIN_CPU_ATTENTION_H

#include "floats.h"

namespace {

using levin::kKeyBlock;

#if defined(LEVIN_TILE_512)
/* Sums in registers: half of the registers there are. */
constexpr int kSums = 16;
constexpr int kMostRows = 4;
#else
constexpr int kSums = 4;
constexpr int kMostRows = 2;
#endif

/* Rows up to which a second decoding costs less than a way through memory. */
constexpr int64_t kFewRows = 2 * kMostRows;

/* Sixteen signed bytes, scaled. */
#if defined(LEVIN_TILE_512)
LEVIN_INLINE Wide splat_wide(float value) {
  return _mm512_set1_ps(value);
}

LEVIN_INLINE Wide scaled_bytes(U8x16 bytes, float scale) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32((__m128i)bytes)) * scale;
}
#else
LEVIN_INLINE Wide splat_wide(float value) {
  return {splat_f32(value), splat_f32(value)};
}

LEVIN_INLINE Wide scaled_bytes(U8x16 bytes, float scale) {
  struct {
    uint64_t low;
    uint64_t high;
  } words = load<decltype(words)>(&(const U8x16&)(bytes ^ 128));
  return {(bytes_to_float(words.low) - 128.0f) * scale, (bytes_to_float(words.high) - 128.0f) * scale};
}
#endif

/* Rows of a cache: kWides times 16 values are decoded together. */
template <class Format>
struct PlainCache {
  static constexpr int32_t kDtype = Format::kScheme.dtype;
  static constexpr int64_t kBlockValues = 1;
  static constexpr int64_t kBlockBytes = Format::kScheme.block_bytes;
  static constexpr int kWides = 1;

  LEVIN_INLINE static void load16(const uint8_t* row, int64_t at, Wide* values) {
    values[0] = Format::load16(row + at * 16 * kBlockBytes);
  }
};

struct CacheQ8_0 {
  static constexpr int32_t kDtype = LEVIN_CPU_DTYPE_Q8_0;
  static constexpr int64_t kBlockValues = 32;
  static constexpr int64_t kBlockBytes = 34;
  static constexpr int kWides = 2;

  LEVIN_INLINE static void load16(const uint8_t* row, int64_t at, Wide* values) {
    const uint8_t* block = row + at / 2 * kBlockBytes;
    float scale = half_at(block);
    values[0] = scaled_bytes(load<U8x16>(block + 2), scale);
    values[1] = scaled_bytes(load<U8x16>(block + 18), scale);
  }
};

struct CacheQ4_0 {
  static constexpr int32_t kDtype = LEVIN_CPU_DTYPE_Q4_0;
  static constexpr int64_t kBlockValues = 32;
  static constexpr int64_t kBlockBytes = 18;
  static constexpr int kWides = 2;

  LEVIN_INLINE static void load16(const uint8_t* row, int64_t at, Wide* values) {
    const uint8_t* block = row + at / 2 * kBlockBytes;
    float scale = half_at(block);
    U8x16 pairs = load<U8x16>(block + 2);
    values[0] = scaled_bytes((pairs & 15) - 8, scale);
    values[1] = scaled_bytes((pairs >> 4) - 8, scale);
  }
};

typedef PlainCache<Float32> CacheF32;

/* sums[p]'s lanes added, in an order that is the same for every p. */
#if defined(LEVIN_TILE_512)
LEVIN_INLINE __m512 add_quad(const __m512* v) {
  __m512 a = _mm512_unpacklo_ps(v[0], v[1]) + _mm512_unpackhi_ps(v[0], v[1]);
  __m512 b = _mm512_unpacklo_ps(v[2], v[3]) + _mm512_unpackhi_ps(v[2], v[3]);
  return (__m512)_mm512_unpacklo_pd((__m512d)a, (__m512d)b) + (__m512)_mm512_unpackhi_pd((__m512d)a, (__m512d)b);
}

/* results[p / kKeys * stride + p % kKeys] */
template <int kKeys>
LEVIN_INLINE void fold_sums(const Wide* sums, float* results, int64_t stride) {
  __m512 a = add_quad(sums);
  __m512 b = add_quad(sums + 4);
  __m512 c = add_quad(sums + 8);
  __m512 d = add_quad(sums + 12);
  __m512 ab = _mm512_shuffle_f32x4(a, b, 0x44) + _mm512_shuffle_f32x4(a, b, 0xee);
  __m512 cd = _mm512_shuffle_f32x4(c, d, 0x44) + _mm512_shuffle_f32x4(c, d, 0xee);
  __m512 folded = _mm512_shuffle_f32x4(ab, cd, 0x88) + _mm512_shuffle_f32x4(ab, cd, 0xdd);
  if constexpr (kKeys == 16) {
    store(results, folded);
  } else if constexpr (kKeys == 8) {
    store(results, _mm512_castps512_ps256(folded));
    store(results + stride, _mm512_extractf32x8_ps(folded, 1));
  } else {
    store(results, _mm512_castps512_ps128(folded));
    store(results + stride, _mm512_extractf32x4_ps(folded, 1));
    store(results + 2 * stride, _mm512_extractf32x4_ps(folded, 2));
    store(results + 3 * stride, _mm512_extractf32x4_ps(folded, 3));
  }
}
#else
template <int kKeys>
LEVIN_INLINE void fold_sums(const Wide* sums, float* results, int64_t stride) {
  for (int p = 0; p < kSums; p++) {
    results[p / kKeys * stride + p % kKeys] = sum_wide(sums[p]);
  }
}
#endif

/* e^x to about one unit in the last place, from a polynomial fitted at Chebyshev nodes; NaN stays. */
LEVIN_INLINE F32x8 exp8(F32x8 x) {
  const F32x8 rounder = splat_f32(12582912.0f);
  F32x8 clamped = x > 89.0f ? splat_f32(89.0f) : x;
  clamped = clamped < -105.0f ? splat_f32(-105.0f) : clamped;
  F32x8 rounded = fma(clamped, splat_f32(1.44269504f), rounder);
  F32x8 n = rounded - rounder;
  F32x8 r = fma(n, splat_f32(-0.693147182f), clamped);
  r = fma(n, splat_f32(1.90465421e-9f), r);
  F32x8 p = fma(splat_f32(0.0013933733216387387f), r, splat_f32(0.00836323538463074f));
  p = fma(p, r, splat_f32(0.041666464167312366f));
  p = fma(p, r, splat_f32(0.16666576643547135f));
  p = fma(p, r, splat_f32(0.5000000013543258f));
  p = fma(p, r * r, r) + 1.0f;
  I32x8 exponent = (I32x8)rounded - (I32x8)rounder;
  I32x8 half = exponent >> 1;
  return p * (F32x8)((half + 127) << 23) * (F32x8)((exponent - half + 127) << 23);
}

LEVIN_INLINE F32x8 tanh8(F32x8 x) {
  F32x8 magnitude = x < 0.0f ? -x : x;
  F32x8 z = x * x;
  F32x8 p = fma(splat_f32(-0.0055887234367417915f), z, splat_f32(0.020606550229255637f));
  p = fma(p, z, splat_f32(-0.05375855781167765f));
  p = fma(p, z, splat_f32(0.13332087162889253f));
  p = fma(p, z, splat_f32(-0.33333321290656226f));
  F32x8 small = fma(p * z, x, x);
  F32x8 large = 1.0f - 2.0f / (exp8(magnitude + magnitude) + 1.0f);
  large = x < 0.0f ? -large : large;
  return magnitude < 0.7f ? small : large;
}

LEVIN_INLINE float exp1(float x) {
  return exp8(splat_f32(x))[0];
}

LEVIN_INLINE int64_t clamp_to(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

/* One block: where its keys and values are, and the scores of all rows, [rows, kKeyBlock]. */
struct Block {
  int64_t first; /* of the slice's keys, counted from the block's base */
  int64_t end;
  const uint8_t* keys[kKeyBlock];
  const uint8_t* values[kKeyBlock];
};

struct AttentionScratch {
  int64_t key_steps;   /* vectors of 16 in a padded key */
  int64_t value_steps;
  float* queries;      /* [rows, key_steps * 16], zeros at the end of a row */
  float* sums;         /* [rows, value_steps * 16] */
  float* scores;       /* [rows, kKeyBlock] */
  float* keys;         /* [kKeyBlock, key_steps * 16] */
  float* values;       /* [kKeyBlock, value_steps * 16] */
};

LEVIN_INLINE void prefetch_row(const uint8_t* row, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += kCacheLine) {
    __builtin_prefetch(row + at);
  }
}

/*
 * Scores of kRows queries with keys [key, key + kSums / kRows), key a multiple of that; for those that are
 * not the slice's, of some other key.
 */
template <class Cache, int kRows>
LEVIN_INLINE void score_tile(const Block& block, int64_t key, const float* queries, int64_t steps, float* scores) {
  constexpr int kKeys = kSums / kRows;
  const uint8_t* keys[kKeys];
  for (int i = 0; i < kKeys; i++) {
    keys[i] = block.keys[clamp_to(key + i, block.first, block.end - 1)];
  }
  Wide sums[kSums];
  for (int p = 0; p < kSums; p++) {
    sums[p] = wide_zero();
  }
  for (int64_t step = 0; step < steps; step += Cache::kWides) {
    for (int i = 0; i < kKeys; i++) {
      Wide w[Cache::kWides];
      Cache::load16(keys[i], step, w);
      for (int j = 0; j < Cache::kWides; j++) {
        for (int r = 0; r < kRows; r++) {
          Wide x = load_wide(queries + (r * steps + step + j) * 16);
          sums[r * kKeys + i] = wide_fma(w[j], x, sums[r * kKeys + i]);
        }
      }
    }
  }
  fold_sums<kKeys>(sums, scores + key, kKeyBlock);
}

template <class Cache, int kRows>
void score_rows(const levin_cpu_attend_args& args, const AttentionScratch& scratch, const Block& block,
                const Block& next, int64_t row) {
  constexpr int kKeys = kSums / kRows;
  int64_t key_bytes = args.key_dim / Cache::kBlockValues * Cache::kBlockBytes;
  int64_t value_bytes = args.values ? args.value_dim / Cache::kBlockValues * Cache::kBlockBytes : 0;
  const float* queries = scratch.queries + row * scratch.key_steps * 16;
  for (int64_t key = block.first / kKeys * kKeys; key < block.end; key += kKeys) {
    for (int64_t i = key; row == 0 && i < key + kKeys && i < next.end; i++) {
      prefetch_row(next.keys[i], key_bytes);
      prefetch_row(next.values[i], value_bytes);
    }
    score_tile<Cache, kRows>(block, key, queries, scratch.key_steps, scratch.scores + row * kKeyBlock);
  }
}

template <class Cache>
void score_block(const levin_cpu_attend_args& args, const AttentionScratch& scratch, const Block& block,
                 const Block& next) {
  int64_t row = 0;
  for (; row + kMostRows <= args.rows; row += kMostRows) {
    score_rows<Cache, kMostRows>(args, scratch, block, next, row);
  }
  if (kMostRows > 2 && row + 2 <= args.rows) {
    score_rows<Cache, 2>(args, scratch, block, next, row);
    row += 2;
  }
  if (row < args.rows) {
    score_rows<Cache, 1>(args, scratch, block, next, row);
  }
}

/* What a row sees of the block that begins at key base. */
struct Seen {
  int64_t first;
  int64_t end;
};

LEVIN_INLINE Seen seen(const levin_cpu_attend_args& args, const Block& block, int64_t base, int64_t row) {
  return {clamp_to(args.firsts[row] - base, block.first, kKeyBlock), clamp_to(args.ends[row] - base, 0, block.end)};
}

LEVIN_INLINE void scale_scores(const levin_cpu_attend_args& args, float* scores) {
  for (int64_t i = 0; i < kKeyBlock; i += 8) {
    F32x8 s = load<F32x8>(scores + i) * args.scale;
    if (args.soft_cap > 0) {
      s = tanh8(s / args.soft_cap) * args.soft_cap;
    }
    store(scores + i, s);
  }
}

LEVIN_INLINE void mask_scores(const levin_cpu_attend_args& args, int64_t base, Seen range, int64_t row,
                              float* scores) {
  for (int64_t i = 0; i < kKeyBlock; i++) {
    scores[i] = i < range.first || i >= range.end ? -__builtin_inff() : scores[i];
  }
  if (!args.tree_mask) {
    return;
  }
  const int32_t* words = args.tree_mask + row * args.tree_words;
  int64_t own = args.first_own - base;
  for (int64_t i = range.first > own ? range.first : own; i < range.end; i++) {
    int64_t bit = i - own;
    if (((uint32_t)words[bit >> 5] >> (bit & 31) & 1) == 0) {
      scores[i] = -__builtin_inff();
    }
  }
}

/* Of b and a, b where either is NaN: its weight will be NaN as well, so none is lost. */
LEVIN_INLINE F32x8 greater(F32x8 a, F32x8 b) {
  return a > b ? a : b;
}

LEVIN_INLINE float greatest_lane(F32x8 v) {
  v = greater(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
  v = greater(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
  v = greater(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
  return v[0];
}

/* Turns a row's scores into weights, and rescales its sums where its greatest score rose. */
LEVIN_INLINE void weigh_row(const levin_cpu_attend_args& args, const AttentionScratch& scratch, const Block& block,
                            int64_t base, int64_t row) {
  float* scores = scratch.scores + row * kKeyBlock;
  Seen range = seen(args, block, base, row);
  if (range.first >= range.end) {
    return;
  }
  scale_scores(args, scores);
  if (range.first > 0 || range.end < kKeyBlock || args.tree_mask) {
    mask_scores(args, base, range, row, scores);
  }
  F32x8 weights[kKeyBlock / 8];
  F32x8 greatest = load<F32x8>(scores);
  for (int i = 0; i < kKeyBlock / 8; i++) {
    weights[i] = load<F32x8>(scores + 8 * i);
    greatest = greater(greatest, weights[i]);
  }
  float old = args.maxima[row];
  float max = greatest_lane(greater(splat_f32(old), greatest));
  if (max == -__builtin_inff()) {
    memset(scores, 0, sizeof(float) * kKeyBlock);
    return;
  }
  F32x8 total = {};
  for (int i = 0; i < kKeyBlock / 8; i++) {
    weights[i] = exp8(weights[i] - max);
    store(scores + 8 * i, weights[i]);
    total += weights[i];
  }
  args.maxima[row] = max;
  if (max == old) {
    args.totals[row] += sum_lanes(total);
    return;
  }
  float rescale = exp1(old - max);
  args.totals[row] = args.totals[row] * rescale + sum_lanes(total);
  float* sums = scratch.sums + row * scratch.value_steps * 16;
  for (int64_t i = 0; i < scratch.value_steps * 16; i += 8) {
    store(sums + i, load<F32x8>(sums + i) * rescale);
  }
}

/* Adds values [first, end) to vectors [step, step + kVectors) of kRows rows. */
template <class Cache, int kRows, int kVectors>
LEVIN_INLINE void add_values(const Block& block, int64_t first, int64_t end, const float* weights, int64_t step,
                             int64_t steps, float* target) {
  Wide sums[kRows][kVectors];
  for (int r = 0; r < kRows; r++) {
    for (int v = 0; v < kVectors; v++) {
      sums[r][v] = load_wide(target + (r * steps + step + v) * 16);
    }
  }
  for (int64_t key = first; key < end; key++) {
    Wide values[kVectors];
    for (int v = 0; v < kVectors; v += Cache::kWides) {
      Cache::load16(block.values[key], step + v, values + v);
    }
    for (int r = 0; r < kRows; r++) {
      Wide weight = splat_wide(weights[r * kKeyBlock + key]);
      for (int v = 0; v < kVectors; v++) {
        sums[r][v] = wide_fma(values[v], weight, sums[r][v]);
      }
    }
  }
  for (int r = 0; r < kRows; r++) {
    for (int v = 0; v < kVectors; v++) {
      store(target + (r * steps + step + v) * 16, sums[r][v]);
    }
  }
}

template <class Cache, int kRows>
void add_rows(const AttentionScratch& scratch, const Block& block, int64_t row, int64_t first, int64_t end) {
  constexpr int kVectors = kSums / kRows < 8 ? kSums / kRows : 8;
  const float* weights = scratch.scores + row * kKeyBlock;
  float* sums = scratch.sums + row * scratch.value_steps * 16;
  int64_t step = 0;
  for (; step + kVectors <= scratch.value_steps; step += kVectors) {
    add_values<Cache, kRows, kVectors>(block, first, end, weights, step, scratch.value_steps, sums);
  }
  for (; step < scratch.value_steps; step += Cache::kWides) {
    add_values<Cache, kRows, Cache::kWides>(block, first, end, weights, step, scratch.value_steps, sums);
  }
}

/*
 * kRows rows together over the keys that all of them see, one by one over those before and after, so
 * that each adds its keys in their order and none that it does not see.
 */
template <class Cache, int kRows>
void accumulate_rows(const levin_cpu_attend_args& args, const AttentionScratch& scratch, const Block& block,
                     int64_t base, int64_t row) {
  Seen all = {0, kKeyBlock};
  for (int64_t r = row; r < row + kRows; r++) {
    Seen one = seen(args, block, base, r);
    all = {one.first > all.first ? one.first : all.first, one.end < all.end ? one.end : all.end};
  }
  bool together = all.first < all.end;
  for (int64_t r = row; r < row + kRows; r++) {
    Seen one = seen(args, block, base, r);
    add_rows<Cache, 1>(scratch, block, r, one.first, together ? all.first : one.end);
  }
  if (together) {
    add_rows<Cache, kRows>(scratch, block, row, all.first, all.end);
    for (int64_t r = row; r < row + kRows; r++) {
      add_rows<Cache, 1>(scratch, block, r, all.end, seen(args, block, base, r).end);
    }
  }
}

template <class Cache>
void accumulate_block(const levin_cpu_attend_args& args, const AttentionScratch& scratch, const Block& block,
                      int64_t base) {
  int64_t row = 0;
  for (; row + kMostRows <= args.rows; row += kMostRows) {
    accumulate_rows<Cache, kMostRows>(args, scratch, block, base, row);
  }
  if (kMostRows > 2 && row + 2 <= args.rows) {
    accumulate_rows<Cache, 2>(args, scratch, block, base, row);
    row += 2;
  }
  if (row < args.rows) {
    accumulate_rows<Cache, 1>(args, scratch, block, base, row);
  }
}

/* Finds the keys of the block that contains key, as far as the slice goes. */
LEVIN_INLINE void locate(const levin_cpu_attend_args& args, int64_t key, Block& block) {
  int64_t base = key / kKeyBlock * kKeyBlock;
  block.first = key - base;
  block.end = clamp_to(args.to - base, 0, kKeyBlock);
  const int32_t* page = args.pages + (key / args.page_size - args.from / args.page_size);
  int64_t slot = key % args.page_size;
  for (int64_t i = block.first; i < block.end; page++) {
    int64_t end = clamp_to(i + args.page_size - slot, 0, block.end);
    const uint8_t* keys = (const uint8_t*)args.keys + *page * args.key_page_stride + slot * args.key_stride;
    const uint8_t* values = keys;
    int64_t value_stride = args.key_stride;
    if (args.values) {
      values = (const uint8_t*)args.values + *page * args.value_page_stride + slot * args.value_stride;
      value_stride = args.value_stride;
    }
    for (; i < end; i++) {
      block.keys[i] = keys;
      block.values[i] = values;
      keys += args.key_stride;
      values += value_stride;
    }
    slot = 0;
  }
}

/* A row of count values, the last vector filled up with zeros. */
template <class Cache>
LEVIN_INLINE void widen(const uint8_t* row, int64_t count, float* target) {
  int64_t step = 0;
  for (; (step + Cache::kWides) * 16 <= count; step += Cache::kWides) {
    Wide values[Cache::kWides];
    Cache::load16(row, step, values);
    for (int j = 0; j < Cache::kWides; j++) {
      store(target + (step + j) * 16, values[j]);
    }
  }
  if (step * 16 < count) {
    uint8_t tail[16 * 4] = {};
    memcpy(tail, row + step * 16 * Cache::kBlockBytes, (size_t)((count - step * 16) * Cache::kBlockBytes));
    Wide values[Cache::kWides];
    Cache::load16(tail, 0, values);
    store(target + step * 16, values[0]);
  }
}

template <class Cache>
LEVIN_INLINE void widen_block(const levin_cpu_attend_args& args, const AttentionScratch& scratch, Block& block) {
  for (int64_t i = block.first; i < block.end; i++) {
    float* key = scratch.keys + i * scratch.key_steps * 16;
    float* value = scratch.values + i * scratch.value_steps * 16;
    widen<Cache>(block.keys[i], args.key_dim, key);
    widen<Cache>(block.values[i], args.value_dim, value);
    block.keys[i] = (const uint8_t*)key;
    block.values[i] = (const uint8_t*)value;
  }
}

template <class Cache>
void attend_blocks(const levin_cpu_attend_args& args, const AttentionScratch& scratch) {
  bool in_place = args.rows <= kFewRows && args.key_dim % 16 == 0 && args.value_dim % 16 == 0;
  Block blocks[2];
  int current = 0;
  if (args.from < args.to) {
    locate(args, args.from, blocks[0]);
  }
  for (int64_t key = args.from; key < args.to; current = 1 - current) {
    int64_t base = key / kKeyBlock * kKeyBlock;
    Block& block = blocks[current];
    Block& next = blocks[1 - current];
    next.end = 0;
    key = base + kKeyBlock;
    if (key < args.to) {
      locate(args, key, next);
    }
    if (in_place) {
      score_block<Cache>(args, scratch, block, next);
    } else {
      widen_block<Cache>(args, scratch, block);
      score_block<CacheF32>(args, scratch, block, next);
    }
    for (int64_t row = 0; row < args.rows; row++) {
      weigh_row(args, scratch, block, base, row);
    }
    if (in_place) {
      accumulate_block<Cache>(args, scratch, block, base);
    } else {
      accumulate_block<CacheF32>(args, scratch, block, base);
    }
  }
}

template <class Cache>
void attend(const levin_cpu_attend_args& args) {
  AttentionScratch scratch;
  scratch.key_steps = (args.key_dim + 15) / 16;
  scratch.value_steps = (args.value_dim + 15) / 16;
  int64_t key_floats = scratch.key_steps * 16;
  int64_t value_floats = scratch.value_steps * 16;
  scratch.queries = (float*)args.scratch;
  scratch.sums = scratch.queries + args.rows * key_floats;
  scratch.scores = scratch.sums + args.rows * value_floats;
  scratch.keys = scratch.scores + args.rows * kKeyBlock;
  scratch.values = scratch.keys + kKeyBlock * key_floats;
  memset(scratch.sums, 0, (size_t)(args.rows * value_floats) * 4);
  for (int64_t row = 0; row < args.rows; row++) {
    widen<CacheF32>((const uint8_t*)(args.queries + row * args.key_dim), args.key_dim,
                    scratch.queries + row * key_floats);
    args.maxima[row] = -__builtin_inff();
    args.totals[row] = 0;
  }
  attend_blocks<Cache>(args, scratch);
  for (int64_t row = 0; row < args.rows; row++) {
    memcpy(args.sums + row * args.value_dim, scratch.sums + row * value_floats, (size_t)args.value_dim * 4);
  }
}

}  // namespace

#endif
