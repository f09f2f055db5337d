// 32 values with one scale: value i shares a byte with value i + 16, fifth bits are gathered in one word, value
// i at bit i.
#pragma once

#include "quant/codes.cuh"

namespace levin {

template <int kBytes, bool kOffset>
struct BlockOf32 {
  static constexpr int kBlockValues = 32;
  static constexpr int kBlockBytes = kBytes;
  static constexpr int kScaleGroup = 32;
  static constexpr bool kHasOffset = kOffset;
  static constexpr bool kExternalScale = false;
  static constexpr int kTerms = 1;
};

struct BlockQ4_0 {
  uint16_t d;
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

struct BlockQ4_1 {
  uint16_t d, m;
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ4_1) == 20);

struct BlockQ5_0 {
  uint16_t d;
  uint8_t qh[4];
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_0) == 22);

struct BlockQ5_1 {
  uint16_t d, m;
  uint8_t qh[4];
  uint8_t qs[16];
};
static_assert(sizeof(BlockQ5_1) == 24);

struct BlockQ8_0 {
  uint16_t d;
  int8_t qs[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

__device__ inline void set_five_bits(Codes& codes, uint32_t bytes, uint32_t fifths, int quad, float zero) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int at = 4 * quad + i;
    codes.value[i] = float_of_code((bytes >> (8 * i) & 15) | (fifths >> at & 1) << 4, zero);
    codes.value[4 + i] = float_of_code((bytes >> (8 * i + 4) & 15) | (fifths >> (at + 16) & 1) << 4, zero);
  }
}

struct Q4_0 : BlockOf32<sizeof(BlockQ4_0), false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ4_0*>(row) + chunk;
    set_nibbles(codes, load_u32(block->qs + 4 * quad), 8.0f);
    set_scale(codes, f16_to_float(block->d));
  }
};

struct Q4_1 : BlockOf32<sizeof(BlockQ4_1), true> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ4_1*>(row) + chunk;
    set_nibbles(codes, load_u32_aligned(block->qs + 4 * quad), 0.0f);
    set_scale(codes, f16_to_float(block->d), f16_to_float(block->m));
  }
};

struct Q5_0 : BlockOf32<sizeof(BlockQ5_0), false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ5_0*>(row) + chunk;
    set_five_bits(codes, load_u32(block->qs + 4 * quad), load_u32(block->qh), quad, 16.0f);
    set_scale(codes, f16_to_float(block->d));
  }
};

struct Q5_1 : BlockOf32<sizeof(BlockQ5_1), true> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ5_1*>(row) + chunk;
    set_five_bits(codes, load_u32_aligned(block->qs + 4 * quad), load_u32_aligned(block->qh), quad, 0.0f);
    set_scale(codes, f16_to_float(block->d), f16_to_float(block->m));
  }
};

struct Q8_0 : BlockOf32<sizeof(BlockQ8_0), false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockQ8_0*>(row) + chunk;
    const uint8_t* qs = reinterpret_cast<const uint8_t*>(block->qs) + 4 * quad;
    // Flipping the top bit adds 128.
    const uint32_t first = load_u32(qs) ^ 0x80808080u;
    const uint32_t second = load_u32(qs + kHalfChunk) ^ 0x80808080u;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      codes.value[i] = float_of_byte(first, i, 128.0f);
      codes.value[4 + i] = float_of_byte(second, i, 128.0f);
    }
    set_scale(codes, f16_to_float(block->d));
  }
};

}  // namespace levin
