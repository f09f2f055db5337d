/*
 * Encodings multiplied in integers, 256 values ("a span") at a time: one super-block, or as many small
 * blocks as make one. A format is a struct of
 *
 *   kScheme        what dispatcher and quantiser must know
 *   kSpanBytes     bytes of 256 values
 *   kWide          codes need 8 bits: signed bytes + kWideZero; otherwise they are unsigned and below 128
 *   kMaxCode       largest narrow code
 *   code<I>(p)     vector I of the codes of the span at p, in kScheme's order: what dot() multiplies
 *   scales(p,...)  lane i: the scale of block i (even: of its first half, odd: of its second)
 *   mins(p,...)    likewise what is added to each value, where kScheme.has_min
 *
 * and, for tables.h, of formats with four codes to a byte and one scale:
 *
 *   kShifts        of the codes of blocks 0 to 3 and 4 to 7 in their 32 bytes each
 *   scale(p)
 *
 * Layouts are those of the Java DType. The smaller encodings come first, then ternary and E2M1.
 */
#ifndef LEVIN_CPU_FORMATS_H
#define LEVIN_CPU_FORMATS_H

#include "kernels.h"

namespace {

using levin::kUnit;
using levin::Scheme;

/*
 * Vector I by halves of blocks whose 16 bytes, kStride apart, have the first half's codes in their low nibbles and
 * the second's in their high ones.
 */
template <int I, int kStride>
LEVIN_INLINE U8x32 nibbles(const uint8_t* p) {
  U8x32 bytes = load_two16(p + I / 2 * kStride, p + (I / 2 + 4) * kStride);
  return shift_right(bytes, I % 2 * 4) & splat8(15);
}

LEVIN_INLINE float half_at(const uint8_t* p) {
  U16x8 halves = {load<uint16_t>(p)};
  return halves_to_float(halves)[0];
}

/* Bit i of a block's word is the fifth bit of its code i; words lie kStride apart. Vector I by halves. */
template <int I, int kStride>
LEVIN_INLINE U8x32 with_fifth_bits(U8x32 codes, const uint8_t* p) {
  return add_at_bits<I % 2, 16>(codes, p + I / 2 * kStride, p + (I / 2 + 4) * kStride);
}

/* What a format without minima, or with scales per 32 values, leaves out. */
struct NoMins {
  LEVIN_INLINE static void mins(const uint8_t*, F32x8&, F32x8&) {}
};

struct Q4_0 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q4_0, 32, 18, true, 8, false, false, levin::kByHalf};
  static constexpr int kSpanBytes = 8 * 18;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 15;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return nibbles<I, 18>(p + 2);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<18>(p);
  }
};

struct Q4_1 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q4_1, 32, 20, true, 0, false, true, levin::kByHalf};
  static constexpr int kSpanBytes = 8 * 20;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 15;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return nibbles<I, 20>(p + 4);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<20>(p);
  }

  LEVIN_INLINE static void mins(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<20>(p + 2);
  }
};

struct Q5_0 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q5_0, 32, 22, true, 16, false, false, levin::kByHalf};
  static constexpr int kSpanBytes = 8 * 22;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 31;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return with_fifth_bits<I, 22>(nibbles<I, 22>(p + 6), p + 2);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<22>(p);
  }
};

struct Q5_1 {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q5_1, 32, 24, true, 0, false, true, levin::kByHalf};
  static constexpr int kSpanBytes = 8 * 24;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 31;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return with_fifth_bits<I, 24>(nibbles<I, 24>(p + 8), p + 4);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<24>(p);
  }

  LEVIN_INLINE static void mins(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<24>(p + 2);
  }
};

struct Q8_0 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q8_0, 32, 34, true, kWideZero, false, false,
                                     levin::kByBlock, kWideWords};
  static constexpr int kSpanBytes = 8 * 34;
  static constexpr bool kWide = true;
  static constexpr int kMaxCode = 255;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return load<U8x32>(p + 34 * I + 2) ^ splat8(kWideZero);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<34>(p);
  }
};

constexpr uint8_t wide_code(int value) {
  return (uint8_t)(value + kWideZero);
}

/* Sixteen levels denser near zero. */
alignas(16) constexpr uint8_t kNonLinearLevels[16] = {
    wide_code(-127), wide_code(-104), wide_code(-83), wide_code(-65), wide_code(-49), wide_code(-35),
    wide_code(-22),  wide_code(-10),  wide_code(1),   wide_code(13),  wide_code(25),  wide_code(38),
    wide_code(53),   wide_code(69),   wide_code(89),  wide_code(113)};

struct IQ4_NL : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_IQ4_NL, 32, 18, true, kWideZero, false, false,
                                     levin::kByHalf, kWideWords};
  static constexpr int kSpanBytes = 8 * 18;
  static constexpr bool kWide = true;
  static constexpr int kMaxCode = 255;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return lookup16(kNonLinearLevels, nibbles<I, 18>(p + 2));
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = strided_halves<18>(p);
  }
};

struct IQ4_XS : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_IQ4_XS, 256, 136, true, kWideZero, false, false,
                                     levin::kByHalf, kWideWords};
  static constexpr int kSpanBytes = 136;
  static constexpr bool kWide = true;
  static constexpr int kMaxCode = 255;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return lookup16(kNonLinearLevels, nibbles<I, 16>(p + 8));
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    const U32x8 low_shifts = {0, 4, 8, 12, 16, 20, 24, 28};
    const U32x8 high_shifts = {0, 2, 4, 6, 8, 10, 12, 14};
    U32x8 low = (U32x8{} + load<uint32_t>(p + 4)) >> low_shifts & 15u;
    U32x8 high = (U32x8{} + load<uint16_t>(p + 2)) >> high_shifts & 3u;
    even = splat_half(p) * to_float((I32x8)(low | high << 4u) - 32);
  }
};

/*
 * Four codes to a byte, of blocks 0 to 3 or 4 to 7: Format's kShifts says how far up each is. Where dot() takes all
 * of a byte, codes stay where they lie and the sums of a block are too large by a power of two.
 */
template <class Format, int kCodesAt = 0>
struct FourToAByte : NoMins {
  static constexpr bool kInPlace = kWideZero != 0;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 3;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    constexpr auto& s = Format::kShifts;
    const U64x4 shifts = {s[0], s[1], s[2], s[3]};
    return (U8x32)((U64x4)load_four8(p + kCodesAt + kUnit * I) >> shifts) & splat8(3);
  }

  template <int I>
  LEVIN_INLINE static U8x32 masked(const uint8_t* p) {
    if constexpr (!kInPlace) {
      return code<I>(p);
    }
    constexpr auto& s = Format::kShifts;
    constexpr uint64_t kMask = 0x0303030303030303;
    const U64x4 masks = {kMask << s[0], kMask << s[1], kMask << s[2], kMask << s[3]};
    return (U8x32)((U64x4)load_four8(p + kCodesAt + kUnit * I) & masks);
  }

  LEVIN_INLINE static I32x8 unscale(I32x8 sums) {
    constexpr auto& s = Format::kShifts;
    const I32x8 shifts = {s[0], s[1], s[2], s[3], s[0], s[1], s[2], s[3]};
    return kInPlace ? sums >> shifts : sums;
  }
};

struct TQ2_0 : FourToAByte<TQ2_0> {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_TQ2_0, 256, 66, true, 1, false, false, levin::kByUnit};
  static constexpr int kSpanBytes = 66;
  static constexpr int kShifts[4] = {0, 2, 4, 6};

  LEVIN_INLINE static F32x8 scale(const uint8_t* p) {
    return splat_half(p + 64);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = scale(p);
  }
};

/* The scale is the tensor's and the caller's affair. */
struct I2_S : FourToAByte<I2_S> {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_I2_S, 128, 32, true, 1, false, false, levin::kByUnit};
  static constexpr int kSpanBytes = 64;
  static constexpr int kShifts[4] = {6, 4, 2, 0};

  LEVIN_INLINE static F32x8 scale(const uint8_t*) {
    return splat_f32(1);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = scale(p);
  }
};

/*
 * Bytes are base-3 fractions: multiplied by 3^k modulo 256 they show digit k as the third of [0, 256)
 * they lie in: from 86 on it is 1, from 171 on 2.
 */
struct TQ1_0 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_TQ1_0, 256, 54, true, 1, false, false};
  static constexpr int kSpanBytes = 54;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 2;

  template <int K>
  LEVIN_INLINE static U8x32 digit(U8x32 bytes) {
    for (int k = 0; k < K; k++) {
      bytes = bytes + bytes + bytes;
    }
    U8x32 beyond_first = smaller(subtract_saturated(bytes, splat8(85)), splat8(1));
    return beyond_first + smaller(subtract_saturated(bytes, splat8(170)), splat8(1));
  }

  LEVIN_INLINE static U8x32 join(U8x32 low_from, U8x32 high_from) {
    return __builtin_shufflevector(low_from, high_from, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                   48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63);
  }

  /* Four bytes times 1, 3, 9 and 27, one power per four lanes of the upper half. */
  LEVIN_INLINE static U8x32 last_digits(const uint8_t* p) {
    U32x8 words = U32x8{} + load<uint32_t>(p);
    U8x32 v = (U8x32)words;
    const U32x8 from_second = {0, 0, 0, 0, 0, ~0u, ~0u, ~0u};
    const U32x8 from_third = {0, 0, 0, 0, 0, 0, ~0u, ~0u};
    const U32x8 fourth = {0, 0, 0, 0, 0, 0, 0, ~0u};
    v = v + ((v + v) & (U8x32)from_second);
    v = v + ((v + v) & (U8x32)from_third);
    v = v + ((v + v) & (U8x32)fourth);
    return digit<0>(v);
  }

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    if constexpr (I < 5) {
      return digit<I>(load<U8x32>(p));
    } else if constexpr (I < 7) {
      U8x32 v = load_pair16(p + 32);
      return join(digit<2 * I - 10>(v), digit<2 * I - 9>(v));
    } else {
      return join(digit<4>(load_pair16(p + 32)), last_digits(p + 48));
    }
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = splat_half(p + 52);
  }
};

/* E2M1 values are tabled twice as large, so that they are whole, and 12 larger, so that none is negative. */
alignas(16) constexpr uint8_t kDoubledE2m1[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                                  12, 11, 10, 9,  8,  6,  4,  0};

struct MXFP4 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_MXFP4, 32, 17, true, 12, false, false, levin::kByHalf};
  static constexpr int kSpanBytes = 8 * 17;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 24;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return lookup16(kDoubledE2m1, nibbles<I, 17>(p + 1));
  }

  /* 2^(e - 128), subnormal for the two smallest e. */
  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    U32x8 e = strided_words<17>(p) & 0xff;
    U32x8 subnormal = 0x00200000u + (e << 21);
    U32x8 normal = (e - 1) << 23;
    even = (F32x8)(e < 2 ? subnormal : normal);
  }
};

struct NVFP4 : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_NVFP4, 64, 36, true, 12, true, false, levin::kByParity};
  static constexpr int kSpanBytes = 4 * 36;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 24;

  /* Of every eight bytes the low nibbles are a unit and the high ones the next; a block of 64 has two of 32. */
  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    constexpr int kFirst = I / 4 * 36 + 4 + I / 2 % 2 * 16;
    U8x32 bytes = load_two16(p + kFirst, p + kFirst + 2 * 36);
    return lookup16(kDoubledE2m1, shift_right(bytes, I % 2 * 4) & splat8(15));
  }

  /*
   * Half of an unsigned E4M3: its seven bits are those of an F16 that is 256 times too small. 0x7f has
   * no value and reads as 0; with the unused eighth bit set it is 480.
   */
  LEVIN_INLINE static F32x8 half_scales(U16x8 bytes) {
    U16x8 valid = (U16x8)(bytes != 0x7f);
    return halves_to_float(((bytes & 0x7f) << 7) & valid) * 128.0f;
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8& odd) {
    const U32x4 groups = {load<uint32_t>(p), load<uint32_t>(p + 36), load<uint32_t>(p + 72),
                          load<uint32_t>(p + 108)};
    U16x8 pairs = (U16x8)groups;
    even = half_scales(pairs & 0xff);
    odd = half_scales(pairs >> 8);
  }
};

}  // namespace

#endif
