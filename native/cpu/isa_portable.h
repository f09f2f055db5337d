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

LEVIN_INLINE U8x32 load_pair16(const uint8_t* p) {
  U8x16 v = load<U8x16>(p);
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,
                                 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
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

template <bool kWide>
LEVIN_INLINE U8x32 stored_code(U8x32 code) {
  return kWide ? code ^ splat8(kWideZero) : code;
}

/* Lane i: the products of bytes 4i to 4i + 3, summed. Narrow codes are below 128, either way. */
template <bool kWide>
LEVIN_INLINE I32x8 dot(U8x32 code, I8x32 x) {
#if defined(__ARM_FEATURE_DOTPROD)
  struct {
    int32x4_t low;
    int32x4_t high;
  } sums;
  Halves c = split(code);
  Halves a = split((U8x32)x);
  sums.low = vdotq_s32(vdupq_n_s32(0), vreinterpretq_s8_u8(c.low), vreinterpretq_s8_u8(a.low));
  sums.high = vdotq_s32(vdupq_n_s32(0), vreinterpretq_s8_u8(c.high), vreinterpretq_s8_u8(a.high));
  return load<I32x8>(&sums);
#else
  U8x32 stored = stored_code<kWide>(code);
  I32x8 sums = {};
  for (int i = 0; i < 32; i++) {
    sums[i / 4] += (int32_t)stored[i] * (int32_t)x[i];
  }
  return sums;
#endif
}

/* Of dot()s of codes up to kMaxCode. Lane i of even: the sum of v[i]'s lower four lanes; of odd: of its upper. */
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
