/*
 * The same vocabulary in plain C++, and on Arm with the dot product instruction where the compiler has
 * it. Without fused multiply-add in hardware a multiply-add rounds twice.
 */
#ifndef LEVIN_CPU_ISA_PORTABLE_H
#define LEVIN_CPU_ISA_PORTABLE_H

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "vec.h"

namespace {

/* Tokens that meet a row while its codes are in registers. */
#if defined(__ARM_FEATURE_DOTPROD)
constexpr int kRowTokens = 4;
constexpr int kWideZero = 0; /* the instruction takes two signed operands */
#else
constexpr int kRowTokens = 1;
constexpr int kWideZero = 128;
#endif

constexpr bool kWideWords = false;

/* Sixteen bytes and sixteen others. */
LEVIN_INLINE U8x32 load_two16(const uint8_t* low, const uint8_t* high) {
  const U8x16 both[2] = {load<U8x16>(low), load<U8x16>(high)};
  return load<U8x32>(both);
}

LEVIN_INLINE U8x32 load_pair16(const uint8_t* p) {
  return load_two16(p, p);
}

/* Eight bytes, four times. */
LEVIN_INLINE U8x32 load_four8(const uint8_t* p) {
  return (U8x32)(U64x4{} + load<uint64_t>(p));
}

/* Lane i: the four bytes at p + kStride * i. */
template <int kStride>
LEVIN_INLINE U32x8 strided_words(const uint8_t* p) {
  U32x8 words;
  for (int i = 0; i < 8; i++) {
    words[i] = load<uint32_t>(p + kStride * i);
  }
  return words;
}

/*
 * Adds kValue to byte i where bit i of the 16-bit word kWord behind low is set, to byte i + 16 where bit i of the one
 * behind high is.
 */
template <int kWord, int kValue>
LEVIN_INLINE U8x32 add_at_bits(U8x32 v, const uint8_t* low, const uint8_t* high) {
  uint16_t low_bits = load<uint16_t>(low + 2 * kWord);
  uint16_t high_bits = load<uint16_t>(high + 2 * kWord);
  for (int i = 0; i < 16; i++) {
    v[i] += low_bits >> i & 1 ? kValue : 0;
    v[i + 16] += high_bits >> i & 1 ? kValue : 0;
  }
  return v;
}

/* The even and the odd ones of sixteen bytes. */
LEVIN_INLINE void byte_pairs(const uint8_t* p, U32x8& even, U32x8& odd) {
  for (int i = 0; i < 8; i++) {
    even[i] = p[2 * i];
    odd[i] = p[2 * i + 1];
  }
}

#if defined(__ARM_NEON)
struct Halves {
  uint8x16_t low;
  uint8x16_t high;
};

LEVIN_INLINE Halves split(U8x32 v) {
  return load<Halves>(&v);
}

LEVIN_INLINE U8x32 lookup16(const uint8_t* table, U8x32 codes) {
  uint8x16_t entries = vld1q_u8(table);
  Halves c = split(codes);
  return load<U8x32>(&(const Halves&)Halves{vqtbl1q_u8(entries, c.low), vqtbl1q_u8(entries, c.high)});
}
#else
LEVIN_INLINE U8x32 lookup16(const uint8_t* table, U8x32 codes) {
  U8x32 result = {};
  for (int i = 0; i < 32; i++) {
    result[i] = table[codes[i] & 15];
  }
  return result;
}
#endif

/* Per byte, not below zero. */
LEVIN_INLINE U8x32 subtract_saturated(U8x32 a, U8x32 b) {
  return (U8x32)(a > b) & (a - b);
}

LEVIN_INLINE F32x8 fma(F32x8 a, F32x8 b, F32x8 c) {
#if defined(__ARM_FEATURE_FMA)
  F32x8 result;
  for (int i = 0; i < 8; i++) {
    result[i] = __builtin_fmaf(a[i], b[i], c[i]);
  }
  return result;
#else
  return a * b + c;
#endif
}

LEVIN_INLINE float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00) {
    return from_bits(sign | 0x7f800000u | (magnitude << 13 & 0x7fffffu));
  }
  if (magnitude < 0x400) {
    float value = (float)magnitude * from_bits(0x33800000u); /* 2^-24 */
    return sign ? -value : value;
  }
  return from_bits(sign | ((magnitude << 13) + (112u << 23)));
}

LEVIN_INLINE F32x8 halves_to_float(U16x8 halves) {
  F32x8 result;
  for (int i = 0; i < 8; i++) {
    result[i] = half_to_float(halves[i]);
  }
  return result;
}

/* An F16 number, in every lane. */
LEVIN_INLINE F32x8 splat_half(const uint8_t* p) {
  return splat_f32(half_to_float(load<uint16_t>(p)));
}

/* Eight F16 numbers that lie kStride bytes apart. */
template <int kStride>
LEVIN_INLINE F32x8 strided_halves(const uint8_t* p) {
  F32x8 result;
  for (int i = 0; i < 8; i++) {
    result[i] = half_to_float(load<uint16_t>(p + kStride * i));
  }
  return result;
}

/* Eight unsigned bytes. */
LEVIN_INLINE F32x8 bytes_to_float(uint64_t bytes) {
  return __builtin_convertvector(load<U8x8>(&bytes), F32x8);
}

/* The even and the odd ones of sixteen signed bytes. */
LEVIN_INLINE void byte_pairs_to_float(U8x16 bytes, F32x8& even, F32x8& odd) {
  for (int i = 0; i < 8; i++) {
    even[i] = (float)(int8_t)bytes[2 * i];
    odd[i] = (float)(int8_t)bytes[2 * i + 1];
  }
}

LEVIN_INLINE U16x16 widen_bytes(U8x16 bytes) {
  return __builtin_convertvector(bytes, U16x16);
}

LEVIN_INLINE U32x8 widen_words(U16x8 words) {
  return __builtin_convertvector(words, U32x8);
}

/* Lane i: the products of bytes 4i to 4i + 3 of kCount vectors, summed. Narrow codes are below 128, either way. */
template <bool kWide, int kCount>
LEVIN_INLINE I32x8 dot(const U8x32* codes, const uint8_t* x) {
#if defined(__ARM_FEATURE_DOTPROD)
  struct {
    int32x4_t low;
    int32x4_t high;
  } sums = {vdupq_n_s32(0), vdupq_n_s32(0)};
  for (int i = 0; i < kCount; i++) {
    Halves c = split(codes[i]);
    Halves a = split(load<U8x32>(x + i * 32));
    sums.low = vdotq_s32(sums.low, vreinterpretq_s8_u8(c.low), vreinterpretq_s8_u8(a.low));
    sums.high = vdotq_s32(sums.high, vreinterpretq_s8_u8(c.high), vreinterpretq_s8_u8(a.high));
  }
  return load<I32x8>(&sums);
#else
  I32x8 sums = {};
  for (int i = 0; i < kCount * 32; i++) {
    sums[i % 32 / 4] += (int32_t)codes[i / 32][i % 32] * (int32_t)(int8_t)x[i];
  }
  return sums;
#endif
}

/* Lane i: the sum of v[i]'s lower four lanes, lane i + 4: of its upper. */
template <int kMaxCode, int kProducts>
LEVIN_INLINE I32x8 reduce_quads(const I32x8* v) {
  I32x8 result;
  for (int i = 0; i < 4; i++) {
    result[i] = v[i][0] + v[i][1] + v[i][2] + v[i][3];
    result[i + 4] = v[i][4] + v[i][5] + v[i][6] + v[i][7];
  }
  return result;
}

/* Lanes i and i + 4: the sums of the first two of v[i]'s lower and upper four lanes; of odd: the last. */
template <int kMaxCode, int kProducts>
LEVIN_INLINE void reduce_pairs(const I32x8* v, I32x8& even, I32x8& odd) {
  for (int i = 0; i < 4; i++) {
    even[i] = v[i][0] + v[i][1];
    even[i + 4] = v[i][4] + v[i][5];
    odd[i] = v[i][2] + v[i][3];
    odd[i + 4] = v[i][6] + v[i][7];
  }
}

/* Lane i: the sum of two neighbours, those of v[0] and then those of v[1]. */
LEVIN_INLINE I32x8 reduce_neighbours(const I32x8* v) {
  I32x8 result;
  for (int i = 0; i < 8; i++) {
    result[i] = v[i / 4][i % 4 * 2] + v[i / 4][i % 4 * 2 + 1];
  }
  return result;
}

/* Lane i of even: the sum of v[i]'s lower four lanes; of odd: of its upper. */
template <int kMaxCode>
LEVIN_INLINE void reduce_halves(const I32x8* v, I32x8& even, I32x8& odd) {
  for (int i = 0; i < 8; i++) {
    even[i] = v[i][0] + v[i][1] + v[i][2] + v[i][3];
    odd[i] = v[i][4] + v[i][5] + v[i][6] + v[i][7];
  }
}

LEVIN_INLINE I32x8 round_to_int(F32x8 v) {
  I32x8 result;
  for (int i = 0; i < 8; i++) {
    result[i] = (int32_t)__builtin_rintf(v[i]);
  }
  return result;
}

/* 32 integers of at most a byte. */
LEVIN_INLINE void store_bytes(const I32x8* v, uint8_t* target) {
  for (int i = 0; i < 32; i++) {
    target[i] = (uint8_t)v[i / 8][i % 8];
  }
}

}  // namespace

#endif
