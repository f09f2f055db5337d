/*
 * The inner tile in 256-bit vectors: a pair of registers holds sixteen rows. Without VNNI, products of
 * narrow codes add up in 16 bits for as long as they cannot overflow, and wide ones are words of 16 bits.
 */
#ifndef LEVIN_CPU_TILE_256_H
#define LEVIN_CPU_TILE_256_H

namespace {

constexpr int kTileTokens = 4;
constexpr int kHalves = 2;

LEVIN_INLINE __m256 broadcast_float(const uint8_t* p) {
  return _mm256_set1_ps(load<float>(p));
}

LEVIN_INLINE __m256i broadcast_quad(const uint8_t* p) {
  return _mm256_set1_epi32(load<int32_t>(p));
}

#if !defined(LEVIN_VNNI)
/* Quads whose 16-bit sums stay in range: each adds two products of at most kMaxCode * 127. */
template <class Format>
constexpr int safe_quads() {
  int quads = 32767 / (2 * 127 * Format::kMaxCode);
  return quads >= 8 ? 8 : quads >= 4 ? 4 : 2;
}

template <class Format, int kTokens, int kCount>
LEVIN_INLINE void multiply_narrow(const uint8_t* codes, const uint8_t* const* x, int64_t at, int first,
                                  __m256i (*sums)[kHalves]) {
  constexpr int kRun = safe_quads<Format>() < kCount ? safe_quads<Format>() : kCount;
  const __m256i ones = _mm256_set1_epi16(1);
  for (int run = first; run < first + kCount; run += kRun) {
    __m256i words[kTokens][kHalves] = {};
    for (int quad = run; quad < run + kRun; quad++) {
      __m256i low = load<__m256i>(codes + quad * 64);
      __m256i high = load<__m256i>(codes + quad * 64 + 32);
      for (int t = 0; t < kTokens; t++) {
        __m256i q = broadcast_quad(x[t] + at + quad_at(Format::kScheme.order, quad));
        words[t][0] = _mm256_add_epi16(words[t][0], _mm256_maddubs_epi16(low, q));
        words[t][1] = _mm256_add_epi16(words[t][1], _mm256_maddubs_epi16(high, q));
      }
    }
    for (int t = 0; t < kTokens; t++) {
      sums[t][0] = _mm256_add_epi32(sums[t][0], _mm256_madd_epi16(words[t][0], ones));
      sums[t][1] = _mm256_add_epi32(sums[t][1], _mm256_madd_epi16(words[t][1], ones));
    }
  }
}
#endif

template <class Format, int kTokens, int kCount>
LEVIN_INLINE void multiply_quads(const uint8_t* codes, const uint8_t* const* x, int64_t at, int first,
                                 __m256i (*sums)[kHalves]) {
#if defined(LEVIN_VNNI)
  for (int quad = first; quad < first + kCount; quad++) {
    __m256i low = load<__m256i>(codes + quad * 64);
    __m256i high = load<__m256i>(codes + quad * 64 + 32);
    for (int t = 0; t < kTokens; t++) {
      __m256i q = broadcast_quad(x[t] + at + quad_at(Format::kScheme.order, quad));
      sums[t][0] = dot_accumulate(sums[t][0], low, q);
      sums[t][1] = dot_accumulate(sums[t][1], high, q);
    }
  }
#else
  multiply_narrow<Format, kTokens, kCount>(codes, x, at, first, sums);
#endif
}

/* A block in words; those of a token lie at x + at. */
template <int kTokens>
LEVIN_INLINE void multiply_words(const uint8_t* codes, const uint8_t* const* x, int64_t at,
                                 __m256i (*sums)[kHalves]) {
#pragma GCC unroll 4
  for (int pair = 0; pair < kPairs; pair++) {
    __m256i low = load<__m256i>(codes + pair * 64);
    __m256i high = load<__m256i>(codes + pair * 64 + 32);
    keep_in_register(low);
    keep_in_register(high);
    for (int t = 0; t < kTokens; t++) {
      __m256i words = broadcast_quad(x[t] + at + pair * 4);
      add_in_place(sums[t][0], _mm256_madd_epi16(low, words));
      add_in_place(sums[t][1], _mm256_madd_epi16(high, words));
    }
  }
}

template <class Format, int kTokens>
LEVIN_INLINE void multiply_tile(const Tile& tile, const uint8_t* const* x, float (*results)[kTileRows]) {
  constexpr Scheme scheme = Format::kScheme;
  constexpr int kGroups = Planes<Format>::kGroups;
  constexpr int kGroupQuads = kQuads / kGroups;
  __m256 sums[kLanes][kTokens][kHalves] = {};
  const int64_t plane_bytes = tile.padded / kBlock * 4;
  const uint8_t* codes = tile.codes;
  const float* factors = tile.factors;
  for (int64_t block = 0; block < tile.blocks; block++) {
    const int64_t d_at = tile.padded + block * 4;
    const int64_t at = first_byte(Format::kScheme.order, block);
    auto lane = sums[block % kLanes];
    for (int group = 0; group < kGroups; group++) {
      __m256i products[kTokens][kHalves];
      for (int t = 0; t < kTokens; t++) {
        __m256i start = scheme.has_min ? _mm256_setzero_si256()
                                       : broadcast_quad(x[t] + d_at + (1 + group) * plane_bytes);
        products[t][0] = start;
        products[t][1] = start;
      }
      if constexpr (scheme.words) {
        multiply_words<kTokens>(codes, x, tile.padded + 2 * plane_bytes + block * kBlock * 2, products);
      } else {
        multiply_quads<Format, kTokens, kGroupQuads>(codes, x, at, group * kGroupQuads, products);
      }
      for (int half = 0; half < kHalves; half++) {
        __m256 scale = load<__m256>(factors + group * kTileRows + half * kLanes);
        for (int t = 0; t < kTokens; t++) {
          __m256 factor = _mm256_mul_ps(scale, broadcast_float(x[t] + d_at));
          lane[t][half] = _mm256_fmadd_ps(factor, _mm256_cvtepi32_ps(products[t][half]), lane[t][half]);
        }
      }
    }
    if constexpr (scheme.has_min) {
      for (int group = 0; group < kGroups; group++) {
        for (int half = 0; half < kHalves; half++) {
          __m256 min = load<__m256>(factors + (kGroups + group) * kTileRows + half * kLanes);
          for (int t = 0; t < kTokens; t++) {
            __m256 sum = broadcast_float(x[t] + d_at + (1 + group) * plane_bytes);
            lane[t][half] = _mm256_fmadd_ps(min, sum, lane[t][half]);
          }
        }
      }
    }
    codes += kTileBlockBytes<Format>;
    factors += Planes<Format>::kCount * kTileRows;
  }
  for (int t = 0; t < kTokens; t++) {
    for (int half = 0; half < kHalves; half++) {
      __m256 left = (sums[0][t][half] + sums[4][t][half]) + (sums[2][t][half] + sums[6][t][half]);
      __m256 right = (sums[1][t][half] + sums[5][t][half]) + (sums[3][t][half] + sums[7][t][half]);
      store(results[t] + half * kLanes, left + right);
    }
  }
}

}  // namespace

#endif
