// K-quants: super-blocks of 256 values with small integer scales for groups of 16 or 32.
#pragma once

#include "quant/codes.cuh"

namespace levin {

template <int kBytes, int kGroup, bool kOffset>
struct SuperBlock {
  static constexpr int kBlockValues = 256;
  static constexpr int kBlockBytes = kBytes;
  static constexpr int kScaleGroup = kGroup;
  static constexpr bool kHasOffset = kOffset;
  static constexpr bool kExternalScale = false;
  static constexpr int kTerms = 1;

  static __device__ const uint8_t* block_of(const uint8_t* row, int64_t chunk) { return row + chunk / 8 * kBytes; }
};

struct BlockQ2_K {
  uint8_t scales[16];  // 4-bit scale, 4-bit minimum
  uint8_t qs[64];
  uint16_t d, dmin;
};
static_assert(sizeof(BlockQ2_K) == 84);

struct BlockQ3_K {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  uint16_t d;
};
static_assert(sizeof(BlockQ3_K) == 110);

struct BlockQ4_K {
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t qs[128];
};
static_assert(sizeof(BlockQ4_K) == 144);

struct BlockQ5_K {
  uint16_t d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};
static_assert(sizeof(BlockQ5_K) == 176);

struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  uint16_t d;
};
static_assert(sizeof(BlockQ6_K) == 210);

struct Q2_K : SuperBlock<sizeof(BlockQ2_K), 16, true> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ2_K*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const float d = f16_to_float(block->d);
    const float dmin = f16_to_float(block->dmin);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t packed = block->scales[2 * sub + half];
      codes.scale[half] = d * static_cast<float>(packed & 15);
      codes.offset[half] = -(dmin * static_cast<float>(packed >> 4));
      const uint32_t bytes = load_u32_aligned(block->qs + sub / 4 * 32 + kHalfChunk * half + 4 * quad) >> (sub % 4 * 2);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code(bytes >> (8 * i) & 3, 0.0f);
      }
    }
  }
};

struct Q3_K : SuperBlock<sizeof(BlockQ3_K), 16, false> {
  // Eight bytes hold the low nibbles of two scales each, four bytes two high bits of four.
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ3_K*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const float d = f16_to_float(block->d);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int index = 2 * sub + half;
      const int low = block->scales[index % 8] >> (index / 8 * 4) & 15;
      const int high = block->scales[8 + index % 4] >> (index / 4 * 2) & 3;
      codes.scale[half] = d * static_cast<float>((low | high << 4) - 32);
      codes.offset[half] = 0.0f;
      const uint32_t bytes = load_u32(block->qs + sub / 4 * 32 + kHalfChunk * half + 4 * quad) >> (sub % 4 * 2);
      const uint32_t mask = load_u32(block->hmask + kHalfChunk * half + 4 * quad) >> sub;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code((bytes >> (8 * i) & 3) | (mask >> (8 * i) & 1) << 2, 4.0f);
      }
    }
  }
};

// Six-bit fields of groups 0 to 3 lie in eight bytes; those of 4 to 7 in nibbles and top bits.
__device__ inline int six_bit_scale(const uint8_t* packed, int sub) {
  return sub < 4 ? packed[sub] & 63 : (packed[sub + 4] & 15) | packed[sub - 4] >> 6 << 4;
}

__device__ inline int six_bit_min(const uint8_t* packed, int sub) {
  return sub < 4 ? packed[sub + 4] & 63 : packed[sub + 4] >> 4 | packed[sub] >> 6 << 4;
}

struct Q4_K : SuperBlock<sizeof(BlockQ4_K), 32, true> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ4_K*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    set_scale(codes, f16_to_float(block->d) * static_cast<float>(six_bit_scale(block->scales, sub)),
              -(f16_to_float(block->dmin) * static_cast<float>(six_bit_min(block->scales, sub))));
    const uint8_t* qs = block->qs + sub / 2 * 32 + 4 * quad;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t bytes = load_u32_aligned(qs + kHalfChunk * half) >> (sub % 2 * 4);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code(bytes >> (8 * i) & 15, 0.0f);
      }
    }
  }
};

struct Q5_K : SuperBlock<sizeof(BlockQ5_K), 32, true> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ5_K*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    set_scale(codes, f16_to_float(block->d) * static_cast<float>(six_bit_scale(block->scales, sub)),
              -(f16_to_float(block->dmin) * static_cast<float>(six_bit_min(block->scales, sub))));
    const uint8_t* qs = block->qs + sub / 2 * 32 + 4 * quad;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t bytes = load_u32_aligned(qs + kHalfChunk * half) >> (sub % 2 * 4);
      const uint32_t fifths = load_u32_aligned(block->qh + kHalfChunk * half + 4 * quad) >> sub;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code((bytes >> (8 * i) & 15) | (fifths >> (8 * i) & 1) << 4, 0.0f);
      }
    }
  }
};

struct Q6_K : SuperBlock<sizeof(BlockQ6_K), 16, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ6_K*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    const int quarter = sub % 4;
    const float d = f16_to_float(block->d);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      codes.scale[half] = d * static_cast<float>(block->scales[2 * sub + half]);
      codes.offset[half] = 0.0f;
      const int at = kHalfChunk * half + 4 * quad;
      const uint32_t low = load_u32(block->ql + sub / 4 * 64 + quarter % 2 * 32 + at) >> (quarter / 2 * 4);
      const uint32_t high = load_u32(block->qh + sub / 4 * 32 + at) >> (quarter * 2);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code((low >> (8 * i) & 15) | (high >> (8 * i) & 3) << 4, 32.0f);
      }
    }
  }
};

}  // namespace levin
