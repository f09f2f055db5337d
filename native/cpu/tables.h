/*
 * Products of 2-bit codes under one scale by lookup (x86): no multiplication meets a weight.
 * A nibble of the weights is two codes, so per nibble and token a table of 16 sums says what the two add.
 *
 * A prepared token, k padded to K = 128 * ceil(k / 128):
 *   uint8 tables[K / 128][16][2][2][2][16]   [column][nibble][low or high byte][column + 0 or + 16][code]
 *   float d[K / 128]                         x = d * q, q a signed byte
 * Sums are exact: 128 products of at most 2 * 127 fit the 16 bits that an entry has.
 *
 * Sixteen rows are transposed to bytes of one column; vpshufb then looks 32 of them up at once, 16 rows in
 * each of two columns, and a lane is a row.
 */
#ifndef LEVIN_CPU_TABLES_H
#define LEVIN_CPU_TABLES_H

#include "rows.h"

namespace {

using levin::kTableGroup;
using levin::kTableGroupBytes;

constexpr int kTableColumns = 16;
constexpr int kTableTokens = 4;

/* Which of the four blocks of a group has its codes this far up in a byte. */
template <class Format>
constexpr int block_at(int shift) {
  int block = 0;
  while (Format::kShifts[block] != shift) {
    block++;
  }
  return block;
}

/* Sixteen sums of a code times first and the next code times second. */
LEVIN_INLINE void fill_table(int first, int second, uint8_t* low, uint8_t* high) {
  for (int code = 0; code < 16; code++) {
    int sum = ((code & 3) - 1) * first + ((code >> 2) - 1) * second;
    low[code] = (uint8_t)sum;
    high[code] = (uint8_t)(sum >> 8);
  }
}

/* Tables of k values, rounded in groups of 128. */
template <class Format>
void tabulate_row(const float* x, int64_t k, uint8_t* row) {
  const int64_t groups = (k + kTableGroup - 1) / kTableGroup;
  float* scales = (float*)(row + groups * kTableGroupBytes);
  for (int64_t group = 0; group < groups; group++) {
    const float* from = x + group * kTableGroup;
    uint8_t* tables = row + group * kTableGroupBytes;
    float largest = 0;
    bool finite = true;
    for (int i = 0; i < kTableGroup; i++) {
      float magnitude = __builtin_fabsf(from[i]);
      finite = finite && magnitude < __builtin_inff();
      largest = magnitude > largest ? magnitude : largest;
    }
    /* The reciprocal of anything smaller overflows. */
    bool zero = largest < 0x1p-121f || !finite;
    float inverse = zero ? 0 : 127.0f / largest;
    scales[group] = finite ? (zero ? 0 : largest / 127.0f) : __builtin_nanf("");
    int8_t q[kTableGroup];
    for (int i = 0; i < kTableGroup; i++) {
      q[i] = zero ? (int8_t)0 : (int8_t)__builtin_rintf(from[i] * inverse);
    }
    for (int column = 0; column < 2 * kTableColumns; column++) {
      for (int nibble = 0; nibble < 2; nibble++) {
        int first = q[block_at<Format>(4 * nibble) * kBlock + column];
        int second = q[block_at<Format>(4 * nibble + 2) * kBlock + column];
        uint8_t* table = tables + (column % kTableColumns * 2 + nibble) * 64 + column / kTableColumns * 16;
        fill_table(first, second, table, table + 32);
      }
    }
  }
}

/* Byte c of each of sixteen rows, and byte c + 16 in the upper half; four perfect shuffles. */
LEVIN_INLINE void transpose_bytes(__m256i* rows) {
  for (int stage = 0; stage < 4; stage++) {
    __m256i shuffled[16];
    for (int i = 0; i < 8; i++) {
      shuffled[2 * i] = _mm256_unpacklo_epi8(rows[i], rows[i + 8]);
      shuffled[2 * i + 1] = _mm256_unpackhi_epi8(rows[i], rows[i + 8]);
    }
    for (int i = 0; i < 16; i++) {
      rows[i] = shuffled[i];
    }
  }
}

/* What 128 values of rows 0 to 7 and 8 to 15 add up to. */
LEVIN_INLINE void look_up_group(const __m256i* columns, const uint8_t* tables, F32x8* results) {
  const __m256i mask = _mm256_set1_epi8(15);
  __m256i first = _mm256_setzero_si256();
  __m256i second = _mm256_setzero_si256();
  for (int column = 0; column < kTableColumns; column++) {
    for (int nibble = 0; nibble < 2; nibble++) {
      const uint8_t* table = tables + (column * 2 + nibble) * 64;
      __m256i codes = _mm256_and_si256(_mm256_srli_epi16(columns[column], 4 * nibble), mask);
      __m256i low = _mm256_shuffle_epi8(load<__m256i>(table), codes);
      __m256i high = _mm256_shuffle_epi8(load<__m256i>(table + 32), codes);
      first = _mm256_add_epi16(first, _mm256_unpacklo_epi8(low, high));
      second = _mm256_add_epi16(second, _mm256_unpackhi_epi8(low, high));
    }
  }
  const __m256i sums[2] = {first, second};
  for (int half = 0; half < 2; half++) {
    __m128i both = _mm_add_epi16(_mm256_castsi256_si128(sums[half]), _mm256_extracti128_si256(sums[half], 1));
    results[half] = to_float((I32x8)_mm256_cvtepi16_epi32(both));
  }
}

/* Rows [n, n + 16), beyond the last one repeated, with kTokens tokens. */
template <class Format, int kTokens>
LEVIN_INLINE void look_up_rows(const LinearCall& call, int64_t t, int64_t n) {
  const int64_t groups = call.k / kTableGroup;
  const int64_t rows = call.n1 - n < levin::kTileRows ? call.n1 - n : levin::kTileRows;
  F32x8 sums[kTokens][2] = {};
  for (int64_t group = 0; group < groups; group++) {
    alignas(32) float scales[levin::kTileRows];
    __m256i columns[levin::kTileRows];
    for (int r = 0; r < levin::kTileRows; r++) {
      const uint8_t* p = call.weight + (n + (r < rows ? r : rows - 1)) * call.row_stride;
      const uint8_t* span = p + group / 2 * Format::kSpanBytes;
      columns[r] = load<__m256i>(span + group % 2 * kBlock);
      scales[r] = Format::scale(span)[0];
      __builtin_prefetch(span + levin::kTileRows * call.row_stride + group % 2 * kBlock);
    }
    transpose_bytes(columns);
    for (int i = 0; i < kTokens; i++) {
      const uint8_t* x = token(call, t + i);
      const F32x8 d = splat_f32(load<float>(x + groups * kTableGroupBytes + group * 4));
      F32x8 results[2];
      look_up_group(columns, x + group * kTableGroupBytes, results);
      for (int half = 0; half < 2; half++) {
        sums[i][half] = fma(load<F32x8>(scales + half * 8) * d, results[half], sums[i][half]);
      }
    }
  }
  for (int i = 0; i < kTokens; i++) {
    memcpy(call.out + (t + i) * call.out_stride + n - call.n0, sums[i], (size_t)rows * sizeof(float));
  }
}

template <class Format>
void linear_tables(const LinearCall& call) {
  for (int64_t n = call.n0; n < call.n1; n += levin::kTileRows) {
    int64_t t = 0;
    for (; t + kTableTokens <= call.tokens; t += kTableTokens) {
      look_up_rows<Format, kTableTokens>(call, t, n);
    }
    for (; t < call.tokens; t++) {
      look_up_rows<Format, 1>(call, t, n);
    }
  }
}

}  // namespace

#endif
