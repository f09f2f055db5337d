// Ternary super-blocks, and E2M1 values under an 8-bit scale (OCP MXFP4, NVIDIA NVFP4).
#pragma once

#include "quant/codes.cuh"
#include "quant/k.cuh"
#include "quant/legacy.cuh"

namespace levin {

struct BlockTQ1_0 {
  uint8_t qs[48];  // five base-3 digits each
  uint8_t qh[4];   // four
  uint16_t d;
};
static_assert(sizeof(BlockTQ1_0) == 54);

struct BlockTQ2_0 {
  uint8_t qs[64];
  uint16_t d;
};
static_assert(sizeof(BlockTQ2_0) == 66);

struct BlockI2_S {
  uint8_t qs[32];  // no scale: the tensor has one
};
static_assert(sizeof(BlockI2_S) == 32);

struct BlockMXFP4 {
  uint8_t e;
  uint8_t qs[16];
};
static_assert(sizeof(BlockMXFP4) == 17);

struct BlockNVFP4 {
  uint8_t scales[4];  // UE4M3, one per 16 values
  uint8_t qs[32];
};
static_assert(sizeof(BlockNVFP4) == 36);

// Multiplying by 3^k modulo 256 brings digit k to the front; times 3 carries it out of the byte.
__device__ inline float ternary_digit(uint32_t byte, uint32_t power) {
  const uint32_t front = byte * power & 0xff;
  return float_of_code(front * 3 >> 8, 1.0f);
}

__device__ inline uint32_t power_of_three(int k) {
  return k == 0 ? 1u : k == 1 ? 3u : k == 2 ? 9u : k == 3 ? 27u : 81u;
}

struct TQ1_0 : SuperBlock<sizeof(BlockTQ1_0), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockTQ1_0*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    set_scale(codes, f16_to_float(block->d));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      // Values of a run of 32, then of two runs of 16, then four runs of 4 bytes.
      const bool last = sub == 7 && half == 1;
      const int digit = last ? quad : sub < 5 ? sub : 2 * (sub - 5) + half;
      const uint8_t* bytes = last      ? block->qh
                             : sub < 5 ? block->qs + kHalfChunk * half + 4 * quad
                                       : block->qs + 32 + 4 * quad;
      const uint32_t word = load_u32(bytes);
      const uint32_t power = power_of_three(digit);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = ternary_digit(word >> (8 * i) & 0xff, power);
      }
    }
  }
};

struct TQ2_0 : SuperBlock<sizeof(BlockTQ2_0), 32, false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockTQ2_0*>(block_of(row, chunk));
    const int sub = static_cast<int>(chunk % 8);
    set_scale(codes, f16_to_float(block->d));
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t bytes = load_u32(block->qs + sub / 4 * 32 + kHalfChunk * half + 4 * quad) >> (sub % 4 * 2);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code(bytes >> (8 * i) & 3, 1.0f);
      }
    }
  }
};

// Runs of 32 values lie in the bits of the same 32 bytes, the first in the highest two.
struct I2_S {
  static constexpr int kBlockValues = 128;
  static constexpr int kBlockBytes = sizeof(BlockI2_S);
  static constexpr int kScaleGroup = 32;
  static constexpr bool kHasOffset = false;
  static constexpr bool kExternalScale = false;
  static constexpr int kTerms = 1;

  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockI2_S*>(row) + chunk / 4;
    const int shift = 6 - static_cast<int>(chunk % 4) * 2;
    set_scale(codes, 1.0f);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t bytes = load_u32(block->qs + kHalfChunk * half + 4 * quad) >> shift;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = float_of_code(bytes >> (8 * i) & 3, 1.0f);
      }
    }
  }
};

// Twice the E2M1 values, so that half the scale stays exact at both ends; code 8 reads as 0.
__device__ inline float doubled_e2m1(uint32_t code) {
  // Magnitudes 0 1 2 3 4 6 8 12, a nibble each.
  const uint32_t magnitude = 0xc8643210u >> (4 * (code & 7)) & 15;
  const float value = float_of_code(magnitude, 0.0f);
  return code > 8 ? -value : value;
}

// 2^(e - 128), subnormal for the two smallest e.
struct MXFP4 : BlockOf32<sizeof(BlockMXFP4), false> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockMXFP4*>(row) + chunk;
    const uint32_t e = block->e;
    set_scale(codes, __uint_as_float(e < 2 ? 0x00200000u << e : (e - 1) << 23));
    const uint32_t bytes = load_u32_bytes(block->qs + 4 * quad);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      codes.value[i] = doubled_e2m1(bytes >> (8 * i) & 15);
      codes.value[4 + i] = doubled_e2m1(bytes >> (8 * i + 4) & 15);
    }
  }
};

// What E4M3 calls NaN reads as no scale; the sign bit is not looked at.
__device__ inline float half_ue4m3(uint32_t code) {
  const uint32_t magnitude = code & 0x7f;
  const float value = magnitude < 8 ? static_cast<float>(magnitude) * 0x1p-9f
                                    : __uint_as_float((magnitude << 20) + (120u << 23));
  return code == 0x7f ? 0.0f : 0.5f * value;
}

struct NVFP4 {
  static constexpr int kBlockValues = 64;
  static constexpr int kBlockBytes = sizeof(BlockNVFP4);
  static constexpr int kScaleGroup = 16;
  static constexpr bool kHasOffset = false;
  static constexpr bool kExternalScale = false;
  static constexpr int kTerms = 1;

  // Eight bytes a group: low nibbles are its first eight values, high nibbles the others.
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const auto* block = reinterpret_cast<const BlockNVFP4*>(row) + chunk / 2;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int group = 2 * static_cast<int>(chunk % 2) + half;
      codes.scale[half] = half_ue4m3(block->scales[group]);
      codes.offset[half] = 0.0f;
      const uint32_t bytes = load_u32_aligned(block->qs + 8 * group + quad % 2 * 4) >> (quad / 2 * 4);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        codes.value[4 * half + i] = doubled_e2m1(bytes >> (8 * i) & 15);
      }
    }
  }
};

}  // namespace levin
