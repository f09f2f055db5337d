/* The K-quants: super-blocks of 256 with integer scales for groups of 16 or 32. See formats.h. */
#ifndef LEVIN_CPU_FORMATS_K_H
#define LEVIN_CPU_FORMATS_K_H

#include "formats.h"

namespace {

/* Two bits of every byte: code I of those that lie four to a byte. */
template <int I>
LEVIN_INLINE U8x32 crumbs(const uint8_t* p) {
  return shift_right(load<U8x32>(p + I / 4 * 32), I % 4 * 2) & splat8(3);
}

/* Bit I of every byte, moved to bit kTo. */
template <int I, int kTo>
LEVIN_INLINE U8x32 moved_bit(const uint8_t* p) {
  U32x8 v = load<U32x8>(p);
  return (U8x32)(I > kTo ? v >> (I > kTo ? I - kTo : 0) : v << (kTo > I ? kTo - I : 0)) & splat8(1 << kTo);
}

struct Q2_K : FourToAByte<Q2_K, 16> {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q2_K, 256, 84, true, 0, true, true, levin::kByUnit};
  static constexpr int kSpanBytes = 84;
  static constexpr int kShifts[4] = {0, 2, 4, 6};

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8& odd) {
    F32x8 d = splat_half(p + 80);
    U32x8 even_codes, odd_codes;
    byte_pairs(p, even_codes, odd_codes);
    even = d * to_float((I32x8)(even_codes & 15));
    odd = d * to_float((I32x8)(odd_codes & 15));
  }

  LEVIN_INLINE static void mins(const uint8_t* p, F32x8& even, F32x8& odd) {
    F32x8 d = -splat_half(p + 82);
    U32x8 even_codes, odd_codes;
    byte_pairs(p, even_codes, odd_codes);
    even = d * to_float((I32x8)(even_codes >> 4));
    odd = d * to_float((I32x8)(odd_codes >> 4));
  }
};

struct Q3_K : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q3_K, 256, 110, true, 4, true, false};
  static constexpr int kSpanBytes = 110;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 7;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return crumbs<I>(p + 32) | moved_bit<I, 2>(p);
  }

  /* Eight bytes hold the low nibbles of two scales each, four bytes two high bits of four. */
  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8& odd) {
    const uint64_t low_mask = 0x0f0f0f0f0f0f0f0full;
    const uint32_t high_mask = 0x03030303u;
    uint64_t low = load<uint64_t>(p + 96);
    uint32_t high = load<uint32_t>(p + 104);
    uint64_t high_first = (high & high_mask) | (uint64_t)(high >> 2 & high_mask) << 32;
    uint64_t high_second = (high >> 4 & high_mask) | (uint64_t)(high >> 6 & high_mask) << 32;
    U64x2 packed = {(low & low_mask) | high_first << 4, (low >> 4 & low_mask) | high_second << 4};
    F32x8 d = splat_half(p + 108);
    byte_pairs_to_float((U8x16)packed - 32, even, odd);
    even = d * even;
    odd = d * odd;
  }
};

/* Eight 6-bit scales and minima in twelve bytes. */
struct SixBitScales {
  LEVIN_INLINE static F32x8 scales(const uint8_t* packed) {
    uint32_t first = load<uint32_t>(packed);
    uint32_t third = load<uint32_t>(packed + 8);
    uint32_t high = (third & 0x0f0f0f0fu) | (first >> 6 & 0x03030303u) << 4;
    return bytes_to_float((first & 0x3f3f3f3fu) | (uint64_t)high << 32);
  }

  LEVIN_INLINE static F32x8 mins(const uint8_t* packed) {
    uint32_t second = load<uint32_t>(packed + 4);
    uint32_t third = load<uint32_t>(packed + 8);
    uint32_t high = (third >> 4 & 0x0f0f0f0fu) | (second >> 6 & 0x03030303u) << 4;
    return bytes_to_float((second & 0x3f3f3f3fu) | (uint64_t)high << 32);
  }
};

struct Q4_K {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q4_K, 256, 144, true, 0, false, true};
  static constexpr int kSpanBytes = 144;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 15;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    return shift_right(load<U8x32>(p + 16 + I / 2 * 32), I % 2 * 4) & splat8(15);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = splat_half(p) * SixBitScales::scales(p + 4);
  }

  LEVIN_INLINE static void mins(const uint8_t* p, F32x8& even, F32x8&) {
    even = -splat_half(p + 2) * SixBitScales::mins(p + 4);
  }
};

struct Q5_K {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q5_K, 256, 176, true, 0, false, true};
  static constexpr int kSpanBytes = 176;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 31;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    U8x32 low = shift_right(load<U8x32>(p + 48 + I / 2 * 32), I % 2 * 4) & splat8(15);
    return low | moved_bit<I, 4>(p + 16);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8&) {
    even = splat_half(p) * SixBitScales::scales(p + 4);
  }

  LEVIN_INLINE static void mins(const uint8_t* p, F32x8& even, F32x8&) {
    even = -splat_half(p + 2) * SixBitScales::mins(p + 4);
  }
};

struct Q6_K : NoMins {
  static constexpr Scheme kScheme = {LEVIN_CPU_DTYPE_Q6_K, 256, 210, true, 32, true, false};
  static constexpr int kSpanBytes = 210;
  static constexpr bool kWide = false;
  static constexpr int kMaxCode = 63;

  template <int I>
  LEVIN_INLINE static U8x32 code(const uint8_t* p) {
    U8x32 low = load<U8x32>(p + I / 4 * 64 + I % 2 * 32);
    low = shift_right(low, I % 4 / 2 * 4) & splat8(15);
    return low | (U8x32)((U32x8)crumbs<I>(p + 128) << 4u);
  }

  LEVIN_INLINE static void scales(const uint8_t* p, F32x8& even, F32x8& odd) {
    F32x8 d = splat_half(p + 208);
    byte_pairs_to_float(load<U8x16>(p + 192), even, odd);
    even = d * even;
    odd = d * odd;
  }
};

}  // namespace

#endif
