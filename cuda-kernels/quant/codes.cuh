// What decoders of weights have in common.
//
// A row is cut into chunks of 32 values. The four threads of a quad share a chunk: thread q gets values
// 4q .. 4q + 3 of its first half and of its second half, which is how the lanes of an mma hold a row of 16
// (ptx/mma.cuh; the order of values within a half does not matter to a product as long as both sides agree).
// Each format is a struct:
//
//   kBlockValues, kBlockBytes  as in dev.levin.core.DType
//   kScaleGroup                values that share a scale: 16 or 32; 0 for elements, whose codes are the values
//   kHasOffset                 whether offset[] is used
//   kExternalScale             scales lie apart from the codes (quant/external.cuh)
//   kTerms                     bfloat16 numbers that a code needs to be exact: 1, or 2 for F16 and (to 17 bits) F32
//   decode(row, chunk, quad, size, codes)
//
// Value i of half h is scale[h] * value[4h + i] + offset[h], neither fused nor reordered: to the bit what the
// format's codec gives. Codes of quantised formats are integers of at most 8 bits and so exact in bfloat16.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/half.cuh"
#include "common/numeric.cuh"

namespace levin {

constexpr int kChunk = 32;          // values
constexpr int kHalfChunk = 16;      // values
constexpr int kQuad = 4;            // threads
constexpr int kCodesPerThread = 8;  // of a chunk

struct Codes {
  float value[kCodesPerThread];
  float scale[2];
  float offset[2];
};

// Blocks begin at multiples of 4 if their size is one, else at even addresses if that is even (views.h).
__device__ inline uint32_t load_u32_aligned(const uint8_t* p) { return *reinterpret_cast<const uint32_t*>(p); }

__device__ inline uint32_t load_u16(const uint8_t* p) { return *reinterpret_cast<const uint16_t*>(p); }

__device__ inline uint32_t load_u32(const uint8_t* p) { return load_u16(p) | load_u16(p + 2) << 16; }

__device__ inline uint32_t load_u32_bytes(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[3]) << 24;
}

__device__ inline float load_f16(const uint8_t* p) { return f16_to_float(load_u16(p)); }

// An integer below 2^23 as float minus zero, by addition alone: conversions run at a quarter of that rate.
__device__ inline float float_of_code(uint32_t code, float zero) {
  return __uint_as_float(0x4b000000u | code) - (8388608.0f + zero);
}

// Byte i of four, as a number minus zero.
__device__ inline float float_of_byte(uint32_t bytes, int i, float zero) {
  return float_of_code(bytes >> (8 * i) & 0xff, zero);
}

// Both halves share a scale.
__device__ inline void set_scale(Codes& codes, float scale, float offset = 0.0f) {
  codes.scale[0] = codes.scale[1] = scale;
  codes.offset[0] = codes.offset[1] = offset;
}

// Nibbles of four bytes: low ones are values of the first half, high ones of the second.
__device__ inline void set_nibbles(Codes& codes, uint32_t bytes, float zero) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    codes.value[i] = float_of_code(bytes >> (8 * i) & 15, zero);
    codes.value[4 + i] = float_of_code(bytes >> (8 * i + 4) & 15, zero);
  }
}

}  // namespace levin
