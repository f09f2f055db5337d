/*
 * Encodings multiplied in float: F32, F16, BF16 and the two 8-bit floats. Lane i of a product's sum
 * holds values i, i + 16, i + 32, ... of the row. Few tokens meet rows as they are read; for many, rows
 * are widened once into scratch.
 */
#ifndef LEVIN_CPU_FLOATS_H
#define LEVIN_CPU_FLOATS_H

#include "rows.h"

namespace {

using levin::kFloatLanes;
using levin::kTileRows;

#if defined(LEVIN_TILE_512)
typedef __m512 Wide;
constexpr int kFloatTileRows = 4;
constexpr int kFloatTileTokens = 6;

LEVIN_INLINE Wide wide_zero() {
  return _mm512_setzero_ps();
}

LEVIN_INLINE Wide load_wide(const void* p) {
  return load<__m512>(p);
}

LEVIN_INLINE Wide wide_fma(Wide a, Wide b, Wide c) {
  return _mm512_fmadd_ps(a, b, c);
}

LEVIN_INLINE Wide widen_words16(U16x16 v) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)v), 16));
}

LEVIN_INLINE Wide halves16_to_float(U16x16 v) {
  return _mm512_cvtph_ps((__m256i)v);
}

LEVIN_INLINE Wide scale_wide(Wide v, float factor) {
  return v * factor;
}

LEVIN_INLINE float sum_wide(Wide v) {
  return sum_lanes((F32x8)_mm512_castps512_ps256(v) + (F32x8)_mm512_extractf32x8_ps(v, 1));
}
#else
struct Wide {
  F32x8 low;
  F32x8 high;
};
constexpr int kFloatTileRows = 2;
constexpr int kFloatTileTokens = 3;

LEVIN_INLINE Wide wide_zero() {
  return {F32x8{}, F32x8{}};
}

LEVIN_INLINE Wide load_wide(const void* p) {
  return {load<F32x8>(p), load<F32x8>((const uint8_t*)p + 32)};
}

LEVIN_INLINE Wide wide_fma(Wide a, Wide b, Wide c) {
  return {fma(a.low, b.low, c.low), fma(a.high, b.high, c.high)};
}

LEVIN_INLINE U16x8 low_words(U16x16 v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
}

LEVIN_INLINE U16x8 high_words(U16x16 v) {
  return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
}

LEVIN_INLINE Wide widen_words16(U16x16 v) {
  return {(F32x8)(widen_words(low_words(v)) << 16), (F32x8)(widen_words(high_words(v)) << 16)};
}

LEVIN_INLINE Wide halves16_to_float(U16x16 v) {
  return {halves_to_float(low_words(v)), halves_to_float(high_words(v))};
}

LEVIN_INLINE Wide scale_wide(Wide v, float factor) {
  return {v.low * factor, v.high * factor};
}

LEVIN_INLINE float sum_wide(Wide v) {
  return sum_lanes(v.low + v.high);
}
#endif

struct Float32 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_F32, 1, 4, false, 0, false, false};

  LEVIN_INLINE static Wide load16(const uint8_t* p) {
    return load_wide(p);
  }
};

struct Float16 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_F16, 1, 2, false, 0, false, false};

  LEVIN_INLINE static Wide load16(const uint8_t* p) {
    return halves16_to_float(load<U16x16>(p));
  }
};

struct BFloat16 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_BF16, 1, 2, false, 0, false, false};

  LEVIN_INLINE static Wide load16(const uint8_t* p) {
    return widen_words16(load<U16x16>(p));
  }
};

/* The upper half of an F16. */
struct Float8E5M2 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_F8_E5M2, 1, 1, false, 0, false, false};

  LEVIN_INLINE static Wide load16(const uint8_t* p) {
    return halves16_to_float(widen_bytes(load<U8x16>(p)) << 8);
  }
};

/*
 * Its exponent and mantissa, put where an F16 has them, are a number 2^8 times too small; the one NaN, all ones, is
 * none there.
 */
struct Float8E4M3 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_F8_E4M3, 1, 1, false, 0, false, false};

  LEVIN_INLINE static Wide load16(const uint8_t* p) {
    I16x16 spread = (I16x16)(widen_bytes(load<U8x16>(p)) << 8) >> 1;
    U16x16 halves = (U16x16)spread & 0xbf80;
    U16x16 nan = (U16x16)((halves & 0x3f80) == 0x3f80);
    return scale_wide(halves16_to_float(halves | nan), 256.0f);
  }
};

template <class Format, int kRows, int kTokens>
LEVIN_INLINE void add_products(const uint8_t* const* rows, const uint8_t* const* x, int64_t at,
                               Wide (*sums)[kTokens]) {
  for (int r = 0; r < kRows; r++) {
    Wide w = Format::load16(rows[r]);
    for (int t = 0; t < kTokens; t++) {
      sums[r][t] = wide_fma(w, load_wide(x[t] + at * 4), sums[r][t]);
    }
  }
}

/* results[r][t]; the last lanes of a row that ends among them are zero. */
template <class Format, int kRows, int kTokens, bool kPrefetch>
LEVIN_INLINE void multiply_floats(const uint8_t* const* first, const uint8_t* const* x, int64_t k,
                                  float (*results)[kTokens]) {
  constexpr int kBytes = Format::kScheme.block_bytes;
  Wide sums[kRows][kTokens];
  const uint8_t* rows[kRows];
  for (int r = 0; r < kRows; r++) {
    rows[r] = first[r];
    for (int t = 0; t < kTokens; t++) {
      sums[r][t] = wide_zero();
    }
  }
  int64_t at = 0;
  for (; at + kFloatLanes <= k; at += kFloatLanes) {
    add_products<Format, kRows, kTokens>(rows, x, at, sums);
    for (int r = 0; r < kRows; r++) {
      if constexpr (kPrefetch) {
        __builtin_prefetch(rows[r] + kPrefetchBytes);
      }
      rows[r] += kFloatLanes * kBytes;
    }
  }
  if (at < k) {
    uint8_t tails[kRows][kFloatLanes * kBytes] = {};
    for (int r = 0; r < kRows; r++) {
      memcpy(tails[r], rows[r], (size_t)(k - at) * kBytes);
      rows[r] = tails[r];
    }
    add_products<Format, kRows, kTokens>(rows, x, at, sums);
  }
  for (int r = 0; r < kRows; r++) {
    for (int t = 0; t < kTokens; t++) {
      results[r][t] = sum_wide(sums[r][t]);
    }
  }
}

/* kTokens tokens with rows [n, n + count) that lie row_stride bytes apart, kRows at a time, distant or adjacent. */
template <class Format, int kRows, int kTokens, bool kDistant>
LEVIN_INLINE void multiply_float_rows(const LinearCall& call, const uint8_t* weight, int64_t row_stride,
                                      int64_t n, int64_t count, int64_t t) {
  const uint8_t* x[kTokens];
  for (int i = 0; i < kTokens; i++) {
    x[i] = token(call, t + i);
  }
  /* Distant rows are streams to the hardware's prefetchers, which do not look past the end of a page. */
  const int64_t groups = (count + kRows - 1) / kRows;
  const int64_t distance = kDistant ? groups : 1;
  for (int64_t group = 0; group < groups; group++) {
    const int64_t row = kDistant ? group : group * kRows;
    const uint8_t* rows[kRows];
    for (int r = 0; r < kRows; r++) {
      rows[r] = weight + (row + r * distance < count ? row + r * distance : count - 1) * row_stride;
    }
    float results[kRows][kTokens];
    multiply_floats<Format, kRows, kTokens, kDistant>(rows, x, call.k, results);
    for (int r = 0; r < kRows && row + r * distance < count; r++) {
      for (int i = 0; i < kTokens; i++) {
        call.out[(t + i) * call.out_stride + n + row + r * distance - call.n0] = results[r][i];
      }
    }
  }
}

template <class Format>
void widen_row(const uint8_t* row, int64_t k, float* target) {
  constexpr int kBytes = Format::kScheme.block_bytes;
  for (int64_t at = 0; at < k; at += kFloatLanes) {
    uint8_t tail[kFloatLanes * kBytes] = {};
    const uint8_t* p = row + at * kBytes;
    if (k - at < kFloatLanes) {
      memcpy(tail, p, (size_t)(k - at) * kBytes);
      p = tail;
    }
    store(target + at, Format::load16(p));
  }
}

/* Every token with rows that are floats already. */
LEVIN_INLINE void multiply_widened(const LinearCall& call, const uint8_t* weight, int64_t row_stride, int64_t n,
                                   int64_t count) {
  int64_t t = 0;
  for (; t + kFloatTileTokens <= call.tokens; t += kFloatTileTokens) {
    multiply_float_rows<Float32, kFloatTileRows, kFloatTileTokens, false>(call, weight, row_stride, n, count, t);
  }
  for (; t < call.tokens; t++) {
    multiply_float_rows<Float32, kFloatTileRows, 1, false>(call, weight, row_stride, n, count, t);
  }
}

template <class Format>
void linear_floats(const LinearCall& call) {
  constexpr int kRows = 4;
  const uint8_t* weight = call.weight + call.n0 * call.row_stride;
  int64_t count = call.n1 - call.n0;
  switch (call.tokens) {
    case 1:
      return multiply_float_rows<Format, kRows, 1, true>(call, weight, call.row_stride, call.n0, count, 0);
    case 2:
      return multiply_float_rows<Format, kRows, 2, true>(call, weight, call.row_stride, call.n0, count, 0);
    default:
      break;
  }
  int64_t padded = (call.k + kFloatLanes - 1) / kFloatLanes * kFloatLanes;
  float* scratch = (float*)call.scratch;
  for (int64_t n = call.n0; n < call.n1; n += kTileRows) {
    count = call.n1 - n < kTileRows ? call.n1 - n : kTileRows;
    for (int64_t r = 0; r < count; r++) {
      widen_row<Format>(call.weight + (n + r) * call.row_stride, call.k, scratch + r * padded);
    }
    multiply_widened(call, call.scratch, padded * 4, n, count);
  }
}

}  // namespace

#endif
