/*
 * Products of one token with many rows of 2-bit codes at a time (x86), for formats with one scale a span:
 * bytes are transposed as they lie, four codes in each, so that a lane is a row and no sum crosses lanes.
 * That costs 24 instructions per 1024 codes, where adding across lanes, as rows.h does, costs 15 per 256.
 * The order of additions is that of rows.h, and so are the bits.
 */
#ifndef LEVIN_CPU_CRUMBS_H
#define LEVIN_CPU_CRUMBS_H

#include "rows.h"

namespace {

constexpr int kGroupBytes = 32;
constexpr int kGroupBlocks = 4;

#if defined(LEVIN_TILE_512)
constexpr int kCrumbRows = 16;
typedef __m512i RowBytes;
typedef __m512 RowFloats;

LEVIN_INLINE RowBytes broadcast_word(const uint8_t* p) {
  return _mm512_set1_epi32(load<int32_t>(p));
}

LEVIN_INLINE RowFloats broadcast_scale(const uint8_t* p) {
  return _mm512_set1_ps(load<float>(p));
}

template <int kShift>
LEVIN_INLINE RowBytes crumb(RowBytes v) {
  return _mm512_and_si512(_mm512_srli_epi32(v, kShift), _mm512_set1_epi8(3));
}

LEVIN_INLINE RowFloats scaled_sum(RowFloats scale, RowFloats d, RowBytes dots, RowFloats sum) {
  return _mm512_fmadd_ps(_mm512_mul_ps(scale, d), _mm512_cvtepi32_ps(dots), sum);
}

/* Dword i of each row. */
LEVIN_INLINE void transpose_group(const uint8_t* const* p, int64_t at, RowBytes* packed) {
  __m256i low[8], high[8];
  for (int r = 0; r < 8; r++) {
    low[r] = load<__m256i>(p[r] + at);
    high[r] = load<__m256i>(p[r + 8] + at);
  }
  transpose8(low);
  transpose8(high);
  for (int quad = 0; quad < 8; quad++) {
    packed[quad] = _mm512_inserti64x4(_mm512_castsi256_si512(low[quad]), high[quad], 1);
  }
}

template <int kShift>
LEVIN_INLINE RowBytes multiply_crumbs(const RowBytes* packed, const uint8_t* x, RowBytes start) {
  RowBytes sum = start;
  for (int quad = 0; quad < 8; quad++) {
    sum = _mm512_dpbusd_epi32(sum, crumb<kShift>(packed[quad]), broadcast_word(x + quad * 4));
  }
  return sum;
}
#else
constexpr int kCrumbRows = 8;
typedef __m256i RowBytes;
typedef __m256 RowFloats;

LEVIN_INLINE RowBytes broadcast_word(const uint8_t* p) {
  return _mm256_set1_epi32(load<int32_t>(p));
}

LEVIN_INLINE RowFloats broadcast_scale(const uint8_t* p) {
  return _mm256_set1_ps(load<float>(p));
}

template <int kShift>
LEVIN_INLINE RowBytes crumb(RowBytes v) {
  return _mm256_and_si256(_mm256_srli_epi32(v, kShift), _mm256_set1_epi8(3));
}

LEVIN_INLINE RowFloats scaled_sum(RowFloats scale, RowFloats d, RowBytes dots, RowFloats sum) {
  return _mm256_fmadd_ps(_mm256_mul_ps(scale, d), _mm256_cvtepi32_ps(dots), sum);
}

/* Dword i of each row. */
LEVIN_INLINE void transpose_group(const uint8_t* const* p, int64_t at, RowBytes* packed) {
  for (int r = 0; r < 8; r++) {
    packed[r] = load<__m256i>(p[r] + at);
  }
  transpose8(packed);
}

template <int kShift>
LEVIN_INLINE RowBytes multiply_crumbs(const RowBytes* packed, const uint8_t* x, RowBytes start) {
#if defined(LEVIN_VNNI)
  RowBytes sum = start;
  for (int quad = 0; quad < 8; quad++) {
    sum = dot_accumulate(sum, crumb<kShift>(packed[quad]), broadcast_word(x + quad * 4));
  }
  return sum;
#else
  /* Sixteen products of at most 3 * 127 a word. */
  RowBytes words = _mm256_setzero_si256();
  for (int quad = 0; quad < 8; quad++) {
    RowBytes products = _mm256_maddubs_epi16(crumb<kShift>(packed[quad]), broadcast_word(x + quad * 4));
    words = _mm256_add_epi16(words, products);
  }
  return _mm256_add_epi32(start, _mm256_madd_epi16(words, _mm256_set1_epi16(1)));
#endif
}
#endif

/* One block of each row: codes kShift bits up in their bytes. */
template <int kShift>
LEVIN_INLINE void multiply_crumb_block(const RowBytes* packed, RowFloats scale, const uint8_t* x,
                                       const uint8_t* factors, int64_t sums_at, RowFloats& sum) {
  RowBytes dots = multiply_crumbs<kShift>(packed, x, broadcast_word(factors + sums_at));
  sum = scaled_sum(scale, broadcast_scale(factors), dots, sum);
}

/* 128 values of each row, whose 32 bytes lie at p[row] + at. */
template <class Format>
LEVIN_INLINE void multiply_crumb_group(const uint8_t* const* p, int64_t at, RowFloats scale, const uint8_t* x,
                                       const uint8_t* factors, int64_t sums_at, RowFloats* sums) {
  RowBytes packed[8];
  transpose_group(p, at, packed);
  multiply_crumb_block<Format::kShifts[0]>(packed, scale, x, factors, sums_at, sums[0]);
  multiply_crumb_block<Format::kShifts[1]>(packed, scale, x + 32, factors + 4, sums_at, sums[1]);
  multiply_crumb_block<Format::kShifts[2]>(packed, scale, x + 64, factors + 8, sums_at, sums[2]);
  multiply_crumb_block<Format::kShifts[3]>(packed, scale, x + 96, factors + 12, sums_at, sums[3]);
}

/* Rows [n, n + kCrumbRows) with token t. */
template <class Format>
LEVIN_INLINE void multiply_crumb_rows(const LinearCall& call, int64_t t, int64_t n) {
  const int64_t padded = padded_length(call.k);
  const int64_t sums_at = padded / kBlock * 4;
  const int64_t ahead = kCrumbRows * call.row_stride;
  const uint8_t* x = token(call, t);
  const uint8_t* factors = x + padded;
  const uint8_t* p[kCrumbRows];
  for (int r = 0; r < kCrumbRows; r++) {
    p[r] = call.weight + (n + r) * call.row_stride;
  }
  RowFloats sums[kLanes] = {};
  int64_t at = 0;
  for (int64_t k = 0; k < call.k; k += kSpan, at += Format::kSpanBytes) {
    alignas(64) float scales[kCrumbRows];
    for (int r = 0; r < kCrumbRows; r++) {
      scales[r] = Format::scale(p[r] + at);
    }
    for (int64_t line = 0; line < kCrumbRows * Format::kSpanBytes; line += kCacheLine) {
      __builtin_prefetch(p[0] + ahead + at * kCrumbRows + line);
    }
    RowFloats scale = load<RowFloats>(scales);
    multiply_crumb_group<Format>(p, at, scale, x + k, factors + k / 8, sums_at, sums);
    if (k + kSpan <= call.k) {
      multiply_crumb_group<Format>(p, at + kGroupBytes, scale, x + k + kSpan / 2, factors + k / 8 + kGroupBlocks * 4,
                                   sums_at, sums + kGroupBlocks);
    }
  }
  RowFloats total = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  store(call.out + t * call.out_stride + n - call.n0, total);
}

template <class Format>
void multiply_by_crumbs(const LinearCall& call, int64_t t) {
  int64_t n = call.n0;
  for (; n + kCrumbRows <= call.n1; n += kCrumbRows) {
    multiply_crumb_rows<Format>(call, t, n);
  }
  LinearCall rest = call;
  rest.out += n - call.n0;
  rest.n0 = n;
  multiply_rows<Format, 1>(rest, t);
}

}  // namespace

#endif
