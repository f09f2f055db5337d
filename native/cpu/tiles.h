/*
 * Products of many tokens (x86): sixteen weight rows at a time are unpacked and interleaved, four bytes
 * of each row after the other, so that a lane is a row and no sum crosses lanes:
 *
 *   codes   [K / 4][16 rows][4]            what dot() multiplies
 *           or [K / 2][16 rows][2] words, where kScheme.words
 *   factors [K / 32][planes][16 rows] F32  scales (even, odd), then minima (even, odd)
 *
 * A tile of 16 rows and kTileTokens tokens adds a block's products in integers and then, scaled, to the
 * sum of the lane (block modulo 8) that the block has in rows.h.
 */
#ifndef LEVIN_CPU_TILES_H
#define LEVIN_CPU_TILES_H

#include "rows.h"

namespace {

using levin::kTileRows;

constexpr int kQuads = kBlock / 4;
constexpr int kPairs = kBlock / 2;

/* Of the codes of a packed tile. */
template <class Format>
constexpr int kCodeBytes = Format::kScheme.words ? 2 : 1;

template <class Format>
constexpr int kTileBlockBytes = kBlock * kTileRows * kCodeBytes<Format>;

template <class Format>
struct Planes {
  static constexpr int kGroups = Format::kScheme.half_group ? 2 : 1;
  static constexpr int kCount = kGroups * (Format::kScheme.has_min ? 2 : 1);
};

/* Where a block whose first byte lies at unit_at(order, block, 0) has four neighbours. */
LEVIN_INLINE constexpr int quad_at(const Order& order, int quad) {
  return unit_at(order, 0, quad / 2) + quad % 2 * 4;
}

/* The first byte of a block of prepared activations. */
LEVIN_INLINE int64_t first_byte(const Order& order, int64_t block) {
  return block / kLanes * kSpan + unit_at(order, (int)(block % kLanes), 0);
}

/* Which quad of a span, counted in the natural order, is the i-th in that of the scheme. */
struct Quads {
  uint8_t natural[kLanes * kQuads];
};

constexpr Quads ordered_quads(const Order& order) {
  Quads quads = {};
  for (int block = 0; block < kLanes; block++) {
    for (int quad = 0; quad < kQuads; quad++) {
      quads.natural[(unit_at(order, block, 0) + quad_at(order, quad)) / 4] = (uint8_t)(block * kQuads + quad);
    }
  }
  return quads;
}

/* Vector i of eight rows, widened; quads of it are those that ordered names. */
LEVIN_INLINE void pack_words(const U8x32 (*codes)[kLanes], int i, const uint8_t* ordered, int half,
                             uint8_t* target) {
  for (int part = 0; part < 2; part++) {
    __m256i rows[kLanes];
    for (int r = 0; r < kLanes; r++) {
      __m256i bytes = (__m256i)codes[r][i];
      rows[r] = _mm256_cvtepi8_epi16(part == 0 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1));
    }
    transpose8(rows);
    for (int j = 0; j < kLanes; j++) {
      int pair = ordered[part * 4 + j / 2] * 2 + j % 2;
      store(target + pair * kTileRows * 4 + half * 32, rows[j]);
    }
  }
}

template <class Format>
LEVIN_INLINE void pack_codes(const U8x32 (*codes)[kLanes], int half, uint8_t* target) {
  static constexpr Quads kOrdered = ordered_quads(Format::kScheme.order);
  for (int i = 0; i < kLanes; i++) {
    if constexpr (Format::kScheme.words) {
      pack_words(codes, i, kOrdered.natural + i * kQuads, half, target);
      continue;
    }
    __m256i rows[kLanes];
    for (int r = 0; r < kLanes; r++) {
      rows[r] = (__m256i)codes[r][i];
    }
    transpose8(rows);
    for (int j = 0; j < kQuads; j++) {
      store(target + kOrdered.natural[i * kQuads + j] * kTileRows * 4 + half * 32, rows[j]);
    }
  }
}

LEVIN_INLINE void pack_plane(__m256i* rows, int half, float* target, int64_t block_floats) {
  transpose8(rows);
  for (int block = 0; block < kLanes; block++) {
    store(target + block * block_floats + half * kLanes, rows[block]);
  }
}

/* Eight rows of one span. */
template <class Format>
LEVIN_INLINE void pack_span(const uint8_t* const* p, int half, uint8_t* codes, float* factors) {
  constexpr int kGroups = Planes<Format>::kGroups;
  constexpr int kCount = Planes<Format>::kCount;
  U8x32 unpacked[kLanes][kLanes];
  F32x8 planes[4][kLanes];
  for (int r = 0; r < kLanes; r++) {
    unpack_span<Format>(p[r], unpacked[r]);
    Format::scales(p[r], planes[0][r], planes[1][r]);
    Format::mins(p[r], planes[kGroups][r], planes[kGroups + 1 < 4 ? kGroups + 1 : 3][r]);
  }
  pack_codes<Format>(unpacked, half, codes);
  for (int plane = 0; plane < kCount; plane++) {
    pack_plane((__m256i*)planes[plane], half, factors + plane * kTileRows, kCount * kTileRows);
  }
}

/* Packs rows [n, n + 16); beyond the last row it is repeated. */
template <class Format>
void pack_tile(const LinearCall& call, int64_t n, uint8_t* codes, float* factors) {
  int64_t spans = call.k / kSpan;
  int64_t tail_bytes = call.row_bytes - spans * Format::kSpanBytes;
  for (int half = 0; half < 2; half++) {
    const uint8_t* p[kLanes];
    for (int r = 0; r < kLanes; r++) {
      int64_t row = n + half * kLanes + r;
      p[r] = call.weight + (row < call.n1 ? row : call.n1 - 1) * call.row_stride;
    }
    uint8_t* to = codes;
    float* factors_to = factors;
    for (int64_t span = 0; span < spans; span++) {
      pack_span<Format>(p, half, to, factors_to);
      to += kLanes * kTileBlockBytes<Format>;
      factors_to += kLanes * Planes<Format>::kCount * kTileRows;
      for (int r = 0; r < kLanes; r++) {
        p[r] += Format::kSpanBytes;
      }
    }
    if (tail_bytes > 0) {
      uint8_t tails[kLanes][Format::kSpanBytes] = {};
      for (int r = 0; r < kLanes; r++) {
        memcpy(tails[r], p[r], (size_t)tail_bytes);
        p[r] = tails[r];
      }
      pack_span<Format>(p, half, to, factors_to);
    }
  }
}

/* A packed tile and the tokens it meets. */
struct Tile {
  const uint8_t* codes;
  const float* factors;
  int64_t blocks;
  int64_t padded;
};

}  // namespace

#if defined(LEVIN_TILE_512)
#include "tile_512.h"
#else
#include "tile_256.h"
#endif

namespace {

template <class Format, int kTokens>
LEVIN_INLINE void multiply_tile_tokens(const LinearCall& call, const Tile& tile, int64_t n, int64_t t) {
  const uint8_t* x[kTokens];
  for (int i = 0; i < kTokens; i++) {
    x[i] = token(call, t + i);
  }
  alignas(64) float results[kTokens][kTileRows];
  multiply_tile<Format, kTokens>(tile, x, results);
  size_t rows = (size_t)(call.n1 - n < kTileRows ? call.n1 - n : kTileRows);
  for (int i = 0; i < kTokens; i++) {
    memcpy(call.out + (t + i) * call.out_stride + n - call.n0, results[i], rows * sizeof(float));
  }
}

template <class Format>
void multiply_tiles(const LinearCall& call) {
  Tile tile;
  tile.padded = padded_length(call.k);
  tile.blocks = call.k / kBlock;
  uint8_t* codes = call.scratch;
  float* factors = (float*)(codes + tile.padded * kTileRows * kCodeBytes<Format>);
  tile.codes = codes;
  tile.factors = factors;
  for (int64_t n = call.n0; n < call.n1; n += kTileRows) {
    pack_tile<Format>(call, n, codes, factors);
    int64_t t = 0;
    for (; t + kTileTokens <= call.tokens; t += kTileTokens) {
      multiply_tile_tokens<Format, kTileTokens>(call, tile, n, t);
    }
    if (kTileTokens > 4 && t + 4 <= call.tokens) {
      multiply_tile_tokens<Format, 4>(call, tile, n, t);
      t += 4;
    }
    if (t + 2 <= call.tokens) {
      multiply_tile_tokens<Format, 2>(call, tile, n, t);
      t += 2;
    }
    if (t < call.tokens) {
      multiply_tile_tokens<Format, 1>(call, tile, n, t);
    }
  }
}

}  // namespace

#endif
