/* bfloat16 with CUDA's names; what binary16 shares is in emulator/half_arithmetic.h. */
#ifndef LEVIN_EMULATOR_CUDA_BF16_H
#define LEVIN_EMULATOR_CUDA_BF16_H

#include "cuda_runtime.h"
#include "emulator/half_arithmetic.h"

struct __nv_bfloat16_raw {
  unsigned short x;
};

struct __align__(2) __nv_bfloat16 {
  unsigned short bits;

  __nv_bfloat16() = default;
  __nv_bfloat16(__nv_bfloat16_raw raw) : bits(raw.x) {}
  __nv_bfloat16(float value) : bits(levin::emulator::float_to_bfloat16(value)) {}
  __nv_bfloat16(double value)
      : bits(static_cast<unsigned short>(levin::emulator::Bfloat16::encode(
            value, levin::emulator::Rounding::kNearest, false))) {}
  __nv_bfloat16(int value) : __nv_bfloat16(static_cast<double>(value)) {}
  operator float() const { return levin::emulator::bfloat16_to_float(bits); }
  operator __nv_bfloat16_raw() const { return {bits}; }
};
typedef __nv_bfloat16 nv_bfloat16;

struct __align__(4) __nv_bfloat162 {
  __nv_bfloat16 x;
  __nv_bfloat16 y;
};
typedef __nv_bfloat162 nv_bfloat162;

template <>
struct levin::emulator::HalfTraits<__nv_bfloat16> {
  static constexpr bool kIsScalar = true;
  static constexpr bool kIsPair = false;
  static float to_float(__nv_bfloat16 value) { return bfloat16_to_float(value.bits); }
  static __nv_bfloat16 of(float value) { return __nv_bfloat16(value); }
  static __nv_bfloat16 rounded(double value) { return __nv_bfloat16(value); }
};
template <>
struct levin::emulator::HalfTraits<__nv_bfloat162> {
  static constexpr bool kIsScalar = false;
  static constexpr bool kIsPair = true;
};

inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) {
  return __nv_bfloat16_raw{bits};
}
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) {
  return value.bits;
}
inline __nv_bfloat16 __short_as_bfloat16(short bits) {
  return __nv_bfloat16_raw{static_cast<unsigned short>(bits)};
}
inline short __bfloat16_as_short(__nv_bfloat16 value) {
  return static_cast<short>(value.bits);
}

inline float __bfloat162float(__nv_bfloat16 value) {
  return levin::emulator::bfloat16_to_float(value.bits);
}
inline __nv_bfloat16 __float2bfloat16(float value) {
  return __nv_bfloat16(value);
}
inline __nv_bfloat16 __float2bfloat16_rn(float value) {
  return __nv_bfloat16(value);
}
inline __nv_bfloat16 __float2bfloat16_rz(float value) {
  return __ushort_as_bfloat16(static_cast<unsigned short>(
      levin::emulator::Bfloat16::encode(value, levin::emulator::Rounding::kZero, false)));
}
inline __nv_bfloat16 __float2bfloat16_rd(float value) {
  return __ushort_as_bfloat16(static_cast<unsigned short>(
      levin::emulator::Bfloat16::encode(value, levin::emulator::Rounding::kDown, false)));
}
inline __nv_bfloat16 __float2bfloat16_ru(float value) {
  return __ushort_as_bfloat16(static_cast<unsigned short>(
      levin::emulator::Bfloat16::encode(value, levin::emulator::Rounding::kUp, false)));
}
inline __nv_bfloat16 __double2bfloat16(double value) {
  return __nv_bfloat16(value);
}
inline __nv_bfloat16 __int2bfloat16_rn(int value) {
  return __nv_bfloat16(value);
}
inline __nv_bfloat16 __uint2bfloat16_rn(unsigned value) {
  return __nv_bfloat16(static_cast<double>(value));
}
inline int __bfloat162int_rn(__nv_bfloat16 value) {
  return __float2int_rn(value);
}
inline int __bfloat162int_rz(__nv_bfloat16 value) {
  return __float2int_rz(value);
}

inline __nv_bfloat162 make_bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) {
  return {x, y};
}
inline __nv_bfloat162 __halves2bfloat162(__nv_bfloat16 x, __nv_bfloat16 y) {
  return {x, y};
}
inline __nv_bfloat162 __bfloat162bfloat162(__nv_bfloat16 x) {
  return {x, x};
}
inline __nv_bfloat162 __float2bfloat162_rn(float x) {
  return {__nv_bfloat16(x), __nv_bfloat16(x)};
}
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {__nv_bfloat16(x), __nv_bfloat16(y)};
}
inline __nv_bfloat162 __float22bfloat162_rn(float2 value) {
  return {__nv_bfloat16(value.x), __nv_bfloat16(value.y)};
}
inline float2 __bfloat1622float2(__nv_bfloat162 value) {
  return {__bfloat162float(value.x), __bfloat162float(value.y)};
}
inline float __low2float(__nv_bfloat162 value) {
  return value.x;
}
inline float __high2float(__nv_bfloat162 value) {
  return value.y;
}
inline __nv_bfloat16 __low2bfloat16(__nv_bfloat162 value) {
  return value.x;
}
inline __nv_bfloat16 __high2bfloat16(__nv_bfloat162 value) {
  return value.y;
}
inline __nv_bfloat162 __low2bfloat162(__nv_bfloat162 value) {
  return {value.x, value.x};
}
inline __nv_bfloat162 __high2bfloat162(__nv_bfloat162 value) {
  return {value.y, value.y};
}
inline __nv_bfloat162 __lows2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) {
  return {a.x, b.x};
}
inline __nv_bfloat162 __highs2bfloat162(__nv_bfloat162 a, __nv_bfloat162 b) {
  return {a.y, b.y};
}

#endif
