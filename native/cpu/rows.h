/*
 * Products row by row, for few tokens: a row streams from memory once and its codes, unpacked in
 * registers, meet up to four tokens. Lane i of a sum holds blocks i, i + 8, i + 16, ... of the row; the
 * tiles of tiles.h add in the same order, so both yield the same bits.
 */
#ifndef LEVIN_CPU_ROWS_H
#define LEVIN_CPU_ROWS_H

#include "formats.h"

namespace {

using levin::kBlock;
using levin::kLanes;
using levin::kSpan;
using levin::kUnit;
using levin::kUnits;
using levin::LinearCall;
using levin::Order;

/* Farther ahead, rows of small matrices end before what was prefetched behind them is used. */
constexpr int kPrefetchBytes = 1024;

constexpr int kCacheLine = 64;


/* Rows that one token meets side by side. */
constexpr int kRowStreams = 2;

LEVIN_INLINE int64_t padded_length(int64_t k) {
  return (k + kSpan - 1) / kSpan * kSpan;
}

/* Where a span has unit u of block b. */
LEVIN_INLINE constexpr int unit_at(const Order& order, int b, int u) {
  return b / 4 * order.fours + b % 4 * order.block + u / 2 * order.half + u % 2 * order.unit;
}

LEVIN_INLINE constexpr bool is_same(const Order& a, const Order& b) {
  return a.fours == b.fours && a.block == b.block && a.half == b.half && a.unit == b.unit;
}

LEVIN_INLINE const uint8_t* token(const LinearCall& call, int64_t t) {
  return call.activations + (call.rows ? call.rows[t] : t) * call.token_stride;
}

/* Always in this order; tiles.h does likewise across registers. */
LEVIN_INLINE float sum_lanes(F32x8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* Codes of a span, in the order of the scheme. */
template <class Format>
LEVIN_INLINE void unpack_span(const uint8_t* p, U8x32* codes) {
  codes[0] = Format::template code<0>(p);
  codes[1] = Format::template code<1>(p);
  codes[2] = Format::template code<2>(p);
  codes[3] = Format::template code<3>(p);
  codes[4] = Format::template code<4>(p);
  codes[5] = Format::template code<5>(p);
  codes[6] = Format::template code<6>(p);
  codes[7] = Format::template code<7>(p);
}

/* Likewise, of formats that need not move a code to multiply it; see FourToAByte. */
template <class Format>
LEVIN_INLINE void mask_span(const uint8_t* p, U8x32* codes) {
  codes[0] = Format::template masked<0>(p);
  codes[1] = Format::template masked<1>(p);
  codes[2] = Format::template masked<2>(p);
  codes[3] = Format::template masked<3>(p);
  codes[4] = Format::template masked<4>(p);
  codes[5] = Format::template masked<5>(p);
  codes[6] = Format::template masked<6>(p);
  codes[7] = Format::template masked<7>(p);
}

/* Lane i: the sum of block i's products; of odd, where groups are halves of a block, that of its second half. */
template <class Format>
LEVIN_INLINE void sum_blocks(const U8x32* codes, const uint8_t* q, I32x8& even, I32x8& odd) {
  constexpr Scheme scheme = Format::kScheme;
  constexpr bool kWide = Format::kWide;
  I32x8 products[kLanes];
  if constexpr (is_same(scheme.order, levin::kByBlock)) {
    for (int i = 0; i < kLanes; i++) {
      products[i] = dot<kWide, 1>(codes + i, q + i * kBlock);
    }
    reduce_halves<Format::kMaxCode>(products, even, odd);
    even = scheme.half_group ? even : even + odd;
  } else if constexpr (is_same(scheme.order, levin::kByUnit)) {
    constexpr int kParts = scheme.half_group ? 2 : 1;
    constexpr int kVectors = 4 / kParts;
    for (int i = 0; i < 2 * kParts; i++) {
      products[i % kParts * 2 + i / kParts] = dot<kWide, kVectors>(codes + kVectors * i, q + kVectors * i * kBlock);
    }
    even = Format::unscale(reduce_neighbours(products));
    if constexpr (scheme.half_group) {
      odd = Format::unscale(reduce_neighbours(products + 2));
    }
  } else {
    for (int i = 0; i < 4; i++) {
      products[i] = dot<kWide, 2>(codes + 2 * i, q + 2 * i * kBlock);
    }
    if constexpr (scheme.half_group) {
      static_assert(is_same(scheme.order, levin::kByParity));
      reduce_pairs<Format::kMaxCode, 8>(products, even, odd);
    } else {
      even = reduce_quads<Format::kMaxCode, 8>(products);
    }
  }
}

/* Adds 256 products of a row with each token; factors of a token lie padded bytes behind its codes. */
template <class Format, int kTokens>
LEVIN_INLINE void multiply_span(const uint8_t* p, const uint8_t* const* x, int64_t span, int64_t padded,
                                F32x8* sums) {
  constexpr Scheme scheme = Format::kScheme;
  U8x32 codes[kLanes];
  if constexpr (is_same(scheme.order, levin::kByUnit)) {
    mask_span<Format>(p, codes);
  } else {
    unpack_span<Format>(p, codes);
  }
  F32x8 even_scale, odd_scale, even_min, odd_min;
  Format::scales(p, even_scale, odd_scale);
  Format::mins(p, even_min, odd_min);
  for (int t = 0; t < kTokens; t++) {
    const uint8_t* q = x[t] + span * kSpan;
    const uint8_t* factors = x[t] + padded + span * (int64_t)sizeof(F32x8);
    const uint8_t* even_sums = factors + padded / kBlock * 4;
    const uint8_t* odd_sums = even_sums + padded / kBlock * 4;
    F32x8 d = load<F32x8>(factors);
    F32x8 sum = sums[t];
    I32x8 even, odd;
    sum_blocks<Format>(codes, q, even, odd);
    if constexpr (scheme.half_group) {
      if constexpr (!scheme.has_min) {
        even += load<I32x8>(even_sums);
        odd += load<I32x8>(odd_sums);
      }
      sum = fma(even_scale * d, to_float(even), sum);
      sum = fma(odd_scale * d, to_float(odd), sum);
    } else {
      if constexpr (!scheme.has_min) {
        even += load<I32x8>(even_sums);
      }
      sum = fma(even_scale * d, to_float(even), sum);
    }
    if constexpr (scheme.has_min) {
      sum = fma(even_min, load<F32x8>(even_sums), sum);
      if constexpr (scheme.half_group) {
        sum = fma(odd_min, load<F32x8>(odd_sums), sum);
      }
    }
    sums[t] = sum;
  }
}

template <class Format>
LEVIN_INLINE void prefetch_span(const uint8_t* p) {
  for (int i = 0; i < Format::kSpanBytes; i += kCacheLine) {
    __builtin_prefetch(p + kPrefetchBytes + i);
  }
}

/* The rows [n0, n0 + count) that lie at first[stream], row_stride bytes apart, side by side. */
template <class Format, int kTokens, int kStreams>
LEVIN_INLINE void multiply_streams(const LinearCall& call, int64_t first_token, int64_t n0, int64_t count,
                                   int64_t distance) {
  int64_t padded = padded_length(call.k);
  int64_t spans = call.k / kSpan;
  int64_t tail_bytes = call.row_bytes - spans * Format::kSpanBytes;
  const uint8_t* x[kTokens];
  for (int t = 0; t < kTokens; t++) {
    x[t] = token(call, first_token + t);
  }
  for (int64_t n = n0; n < n0 + count; n++) {
    const uint8_t* p[kStreams];
    F32x8 sums[kStreams][kTokens] = {};
    for (int s = 0; s < kStreams; s++) {
      p[s] = call.weight + (n + s * distance) * call.row_stride;
    }
    for (int64_t span = 0; span < spans; span++) {
      for (int s = 0; s < kStreams; s++) {
        prefetch_span<Format>(p[s]);
        multiply_span<Format, kTokens>(p[s], x, span, padded, sums[s]);
        p[s] += Format::kSpanBytes;
      }
    }
    for (int s = 0; tail_bytes > 0 && s < kStreams; s++) {
      uint8_t tail[Format::kSpanBytes] = {};
      memcpy(tail, p[s], (size_t)tail_bytes);
      multiply_span<Format, kTokens>(tail, x, spans, padded, sums[s]);
    }
    for (int s = 0; s < kStreams; s++) {
      for (int t = 0; t < kTokens; t++) {
        call.out[(first_token + t) * call.out_stride + n + s * distance - call.n0] = sum_lanes(sums[s][t]);
      }
    }
  }
}

/* Rows far apart are streams to the hardware's prefetchers, which do not look past the end of a page. */
template <class Format, int kTokens>
void multiply_rows(const LinearCall& call, int64_t first_token) {
  constexpr int kStreams = kTokens == 1 ? kRowStreams : 1;
  int64_t rows = call.n1 - call.n0;
  int64_t distance = rows / kStreams;
  multiply_streams<Format, kTokens, kStreams>(call, first_token, call.n0, distance, distance);
  multiply_streams<Format, kTokens, 1>(call, first_token, call.n0 + distance * kStreams, rows - distance * kStreams,
                                       0);
}

template <class Format>
void multiply_tokens_by_row(const LinearCall& call) {
  int64_t t = 0;
  for (; t + kRowTokens <= call.tokens; t += kRowTokens) {
    multiply_rows<Format, kRowTokens>(call, t);
  }
  if constexpr (kRowTokens > 2) {
    for (; t + 2 <= call.tokens; t += 2) {
      multiply_rows<Format, 2>(call, t);
    }
  }
  if constexpr (kRowTokens > 1) {
    for (; t < call.tokens; t++) {
      multiply_rows<Format, 1>(call, t);
    }
  }
}

}  // namespace

#endif
