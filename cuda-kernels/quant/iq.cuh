// IQ formats: super-blocks of 256 values whose points index a grid, and the 4-bit formats with 16 levels.
#pragma once

#include "quant/codes.cuh"
#include "quant/iq_grids.cuh"
#include "quant/k.cuh"
#include "quant/legacy.cuh"

namespace levin {

struct BlockIQ1_S {
  uint16_t d;
  uint8_t qs[32];
  uint16_t qh[8];
};
static_assert(sizeof(BlockIQ1_S) == 50);

struct BlockIQ1_M {
  uint8_t qs[32];
  uint8_t qh[16];
  uint16_t scales[4];
};
static_assert(sizeof(BlockIQ1_M) == 56);

struct BlockIQ2_XXS {
  uint16_t d;
  uint8_t qs[64];
};
static_assert(sizeof(BlockIQ2_XXS) == 66);

struct BlockIQ2_XS {
  uint16_t d;
  uint16_t qs[32];
  uint8_t scales[8];
};
static_assert(sizeof(BlockIQ2_XS) == 74);

struct BlockIQ2_S {
  uint16_t d;
  uint8_t qs[32];
  uint8_t signs[32];
  uint8_t qh[8];
  uint8_t scales[8];
};
static_assert(sizeof(BlockIQ2_S) == 82);

struct BlockIQ3_XXS {
  uint16_t d;
  uint8_t qs[64];
  uint8_t words[32];
};
static_assert(sizeof(BlockIQ3_XXS) == 98);

struct BlockIQ3_S {
  uint16_t d;
  uint8_t qs[64];
  uint8_t qh[8];
  uint8_t signs[32];
  uint8_t scales[4];
};
static_assert(sizeof(BlockIQ3_S) == 110);

struct BlockIQ4_NL {
  uint16_t d;
  uint8_t qs[16];
};
static_assert(sizeof(BlockIQ4_NL) == 18);

struct BlockIQ4_XS {
  uint16_t d;
  uint16_t scales_high;
  uint8_t scales_low[4];
  uint8_t qs[128];
};
static_assert(sizeof(BlockIQ4_XS) == 136);

// Eight sign bits from seven: the number of negative values is always even.
__device__ inline uint32_t with_parity(uint32_t seven_signs) {
  return seven_signs | (static_cast<uint32_t>(__popc(seven_signs)) & 1u) << 7;
}

// Values 4 * side .. 4 * side + 3 of a point of eight, each an index into four byte-sized levels, with signs.
__device__ inline void set_signed_point(float* value, uint32_t point, uint32_t levels, int side, uint32_t signs) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int at = 4 * side + i;
    const float magnitude = float_of_code(levels >> (8 * (point >> (2 * at) & 3)) & 0xff, 0.0f);
    value[i] = signs >> at & 1 ? -magnitude : magnitude;
  }
}

constexpr uint32_t kIq2Levels = 8u | 25u << 8 | 43u << 16;

// Eight times a point of -1, 0 and 1 that is shifted by an eighth, so that codes are integers.
__device__ inline void set_shifted_point(float* value, uint32_t point, int side, bool down) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const uint32_t index = point >> (2 * (4 * side + i)) & 3;
    value[i] = float_of_code(8 * index, down ? 9.0f : 7.0f);
  }
}

// Four points share a word: three high index bits each, then scale, then sign of the shift.
struct IQ1_S : SuperBlock<sizeof(BlockIQ1_S), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ1_S*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const uint32_t word = block->qh[sub];
    set_scale(codes, f16_to_float(block->d) * static_cast<float>(2 * (word >> 12 & 7) + 1) * 0.125f);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int point = 2 * half + quad / 2;
      const uint32_t index = block->qs[4 * sub + point] | (word >> (3 * point) & 7) << 8;
      set_shifted_point(codes.value + 4 * half, kGridIq1[index], quad % 2, word & 0x8000);
    }
  }
};

// A point has a nibble: three high index bits, then sign of the shift. Two points have a scale. The top nibbles
// of the four scale words, the first lowest, spell the F16 scale.
struct IQ1_M : SuperBlock<sizeof(BlockIQ1_M), 16, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ1_M*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const float d = f16_to_float(block->scales[0] >> 12 | (block->scales[1] >> 12) << 4 |
                                 (block->scales[2] >> 12) << 8 | (block->scales[3] >> 12) << 12);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int pair = 2 * sub + half;
      const uint32_t scale = block->scales[pair / 4] >> (pair % 4 * 3) & 7;
      codes.scale[half] = d * static_cast<float>(2 * scale + 1) * 0.125f;
      codes.offset[half] = 0.0f;
      const uint32_t nibble = block->qh[pair] >> (quad / 2 * 4) & 15;
      const uint32_t index = block->qs[2 * pair + quad / 2] | (nibble & 7) << 8;
      set_shifted_point(codes.value + 4 * half, kGridIq1[index], quad % 2, nibble & 8);
    }
  }
};

__device__ inline float quarter_scale(float d, uint32_t four_bits) {
  return d * (0.5f + static_cast<float>(four_bits)) * 0.25f;
}

// Four points share eight bytes: their indices, then four times seven signs and the scale.
struct IQ2_XXS : SuperBlock<sizeof(BlockIQ2_XXS), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ2_XXS*>(block_of(row, chunk));
    const uint8_t* part = block->qs + 8 * (chunk % 8);
    const uint32_t word = load_u32(part + 4);
    set_scale(codes, quarter_scale(f16_to_float(block->d), word >> 28));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int point = 2 * half + quad / 2;
      set_signed_point(codes.value + 4 * half, kGridIq2Xxs[part[point]], kIq2Levels, quad % 2,
                       with_parity(word >> (7 * point) & 127));
    }
  }
};

struct IQ2_XS : SuperBlock<sizeof(BlockIQ2_XS), 16, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ2_XS*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const float d = f16_to_float(block->d);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      codes.scale[half] = quarter_scale(d, block->scales[sub] >> (4 * half) & 15);
      codes.offset[half] = 0.0f;
      const uint32_t word = block->qs[4 * sub + 2 * half + quad / 2];
      set_signed_point(codes.value + 4 * half, kGridIq2Xs[word & 511], kIq2Levels, quad % 2, with_parity(word >> 9));
    }
  }
};

struct IQ2_S : SuperBlock<sizeof(BlockIQ2_S), 16, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ2_S*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const float d = f16_to_float(block->d);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      codes.scale[half] = quarter_scale(d, block->scales[sub] >> (4 * half) & 15);
      codes.offset[half] = 0.0f;
      const int point = 4 * sub + 2 * half + quad / 2;
      const uint32_t top = block->qh[sub] >> (point % 4 * 2) & 3;
      set_signed_point(codes.value + 4 * half, kGridIq2S[block->qs[point] | top << 8], kIq2Levels, quad % 2,
                       block->signs[point]);
    }
  }
};

// Four values of a point, each an index into eight levels.
__device__ inline void set_iq3_xxs_point(float* value, uint32_t point, uint32_t signs) {
  constexpr uint64_t kLevels = 4ull | 12ull << 8 | 20ull << 16 | 28ull << 24 | 36ull << 32 | 44ull << 40 |
                               52ull << 48 | 62ull << 56;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float magnitude =
        float_of_code(static_cast<uint32_t>(kLevels >> (8 * (point >> (4 * i) & 7))) & 0xff, 0.0f);
    value[i] = signs >> i & 1 ? -magnitude : magnitude;
  }
}

// Eight points share a word: seven signs for each two of them, then the scale.
struct IQ3_XXS : SuperBlock<sizeof(BlockIQ3_XXS), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ3_XXS*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const uint32_t word = load_u32(block->words + 4 * sub);
    set_scale(codes, f16_to_float(block->d) * (0.5f + static_cast<float>(word >> 28)) * 0.5f);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int pair = 2 * half + quad / 2;
      const uint32_t signs = with_parity(word >> (7 * pair) & 127) >> (quad % 2 * 4);
      set_iq3_xxs_point(codes.value + 4 * half, kGridIq3Xxs[block->qs[8 * sub + 4 * half + quad]], signs);
    }
  }
};

struct IQ3_S : SuperBlock<sizeof(BlockIQ3_S), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ3_S*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const uint32_t four_bits = block->scales[sub / 2] >> (sub % 2 * 4) & 15;
    set_scale(codes, f16_to_float(block->d) * static_cast<float>(1 + 2 * four_bits));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int at = 4 * half + quad;
      const uint32_t index = block->qs[8 * sub + at] | (block->qh[sub] >> at & 1u) << 8;
      const uint32_t point = kGridIq3S[index];
      const uint32_t signs = block->signs[4 * sub + at / 2] >> (at % 2 * 4);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        // Levels are the odd numbers from 1 to 15.
        const float magnitude = float_of_code(2 * (point >> (4 * i) & 7) + 1, 0.0f);
        codes.value[4 * half + i] = signs >> i & 1 ? -magnitude : magnitude;
      }
    }
  }
};

// One of -127 -104 -83 -65 -49 -35 -22 -10 1 13 25 38 53 69 89 113.
__device__ inline float iq4_level(uint32_t code) {
  constexpr uint64_t kLow = 1ull | 24ull << 8 | 45ull << 16 | 63ull << 24 | 79ull << 32 | 93ull << 40 | 106ull << 48 |
                            118ull << 56;
  constexpr uint64_t kHigh = 129ull | 141ull << 8 | 153ull << 16 | 166ull << 24 | 181ull << 32 | 197ull << 40 |
                             217ull << 48 | 241ull << 56;
  const uint64_t table = code & 8 ? kHigh : kLow;
  return float_of_code(static_cast<uint32_t>(table >> (8 * (code & 7))) & 0xff, 128.0f);
}

__device__ inline void set_iq4_levels(Codes& codes, uint32_t bytes) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    codes.value[i] = iq4_level(bytes >> (8 * i) & 15);
    codes.value[4 + i] = iq4_level(bytes >> (8 * i + 4) & 15);
  }
}

struct IQ4_NL : BlockOf32<sizeof(BlockIQ4_NL), false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ4_NL*>(row) + chunk;
    set_iq4_levels(codes, load_u32(block->qs + 4 * quad));
    set_scale(codes, f16_to_float(block->d));
  }
};

struct IQ4_XS : SuperBlock<sizeof(BlockIQ4_XS), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockIQ4_XS*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const int bottom = block->scales_low[sub / 2] >> (sub % 2 * 4) & 15;
    const int top = block->scales_high >> (2 * sub) & 3;
    set_scale(codes, f16_to_float(block->d) * static_cast<float>((bottom | top << 4) - 32));
    set_iq4_levels(codes, load_u32_aligned(block->qs + 16 * sub + 4 * quad));
  }
};

}  // namespace levin
