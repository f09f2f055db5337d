/* The inner tile in 512-bit vectors: a register holds all sixteen rows. */
#ifndef LEVIN_CPU_TILE_512_H
#define LEVIN_CPU_TILE_512_H

namespace {

constexpr int kTileTokens = 8;

LEVIN_INLINE __m512 broadcast_float(const uint8_t* p) {
  return _mm512_set1_ps(load<float>(p));
}

/* Sums of products of kCount quads, from the start that cancels the zero code. */
template <class Format, int kTokens, int kCount>
LEVIN_INLINE void multiply_quads(const uint8_t* codes, const uint8_t* const* x, int64_t at, int first,
                                 __m512i* sums) {
  for (int quad = first; quad < first + kCount; quad++) {
    int64_t quad_of_x = at + quad_at(Format::kScheme.order, quad);
    __m512i rows = load<__m512i>(codes + quad * 64);
    for (int t = 0; t < kTokens; t++) {
      sums[t] = _mm512_dpbusd_epi32(sums[t], rows, _mm512_set1_epi32(load<int32_t>(x[t] + quad_of_x)));
    }
  }
}

template <class Format, int kTokens>
LEVIN_INLINE void multiply_tile(const Tile& tile, const uint8_t* const* x, float (*results)[kTileRows]) {
  constexpr Scheme scheme = Format::kScheme;
  constexpr int kGroups = Planes<Format>::kGroups;
  constexpr int kGroupQuads = kQuads / kGroups;
  __m512 sums[kLanes][kTokens] = {};
  const int64_t plane_bytes = tile.padded / kBlock * 4;
  const uint8_t* codes = tile.codes;
  const float* factors = tile.factors;
  for (int64_t block = 0; block < tile.blocks; block++) {
    const int64_t d_at = tile.padded + block * 4;
    const int64_t at = first_byte(Format::kScheme.order, block);
    __m512* lane = sums[block % kLanes];
    for (int group = 0; group < kGroups; group++) {
      __m512i products[kTokens];
      for (int t = 0; t < kTokens; t++) {
        products[t] = scheme.has_min ? _mm512_setzero_si512()
                                     : _mm512_set1_epi32(load<int32_t>(x[t] + d_at + (1 + group) * plane_bytes));
      }
      multiply_quads<Format, kTokens, kGroupQuads>(codes, x, at, group * kGroupQuads, products);
      __m512 scale = load<__m512>(factors + group * kTileRows);
      for (int t = 0; t < kTokens; t++) {
        __m512 factor = _mm512_mul_ps(scale, broadcast_float(x[t] + d_at));
        lane[t] = _mm512_fmadd_ps(factor, _mm512_cvtepi32_ps(products[t]), lane[t]);
      }
    }
    if constexpr (scheme.has_min) {
      for (int group = 0; group < kGroups; group++) {
        __m512 min = load<__m512>(factors + (kGroups + group) * kTileRows);
        for (int t = 0; t < kTokens; t++) {
          lane[t] = _mm512_fmadd_ps(min, broadcast_float(x[t] + d_at + (1 + group) * plane_bytes), lane[t]);
        }
      }
    }
    codes += kTileBlockBytes<Format>;
    factors += Planes<Format>::kCount * kTileRows;
  }
  for (int t = 0; t < kTokens; t++) {
    __m512 left = (sums[0][t] + sums[4][t]) + (sums[2][t] + sums[6][t]);
    __m512 right = (sums[1][t] + sums[5][t]) + (sums[3][t] + sums[7][t]);
    store(results[t], left + right);
  }
}

}  // namespace

#endif
