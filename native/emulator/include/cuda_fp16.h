/* binary16 with CUDA's names; what bfloat16 shares is in emulator/half_arithmetic.h. */
#ifndef LEVIN_EMULATOR_CUDA_FP16_H
#define LEVIN_EMULATOR_CUDA_FP16_H

#include "cuda_runtime.h"
#include "emulator/half_arithmetic.h"

struct __half_raw {
  unsigned short x;
};

struct __align__(2) __half {
  unsigned short bits;

  __half() = default;
  __half(__half_raw raw) : bits(raw.x) {}
  __half(float value) : bits(levin::emulator::float_to_half(value)) {}
  __half(double value)
      : bits(static_cast<unsigned short>(levin::emulator::Half::encode(
            value, levin::emulator::Rounding::kNearest, false))) {}
  __half(int value) : __half(static_cast<double>(value)) {}
  operator float() const { return levin::emulator::half_to_float(bits); }
  operator __half_raw() const { return {bits}; }
};
typedef __half half;

struct __align__(4) __half2 {
  __half x;
  __half y;
};
typedef __half2 half2;

template <>
struct levin::emulator::HalfTraits<__half> {
  static constexpr bool kIsScalar = true;
  static constexpr bool kIsPair = false;
  static float to_float(__half value) { return half_to_float(value.bits); }
  static __half of(float value) { return __half(value); }
  static __half rounded(double value) { return __half(value); }
};
template <>
struct levin::emulator::HalfTraits<__half2> {
  static constexpr bool kIsScalar = false;
  static constexpr bool kIsPair = true;
};

inline __half __ushort_as_half(unsigned short bits) {
  return __half_raw{bits};
}
inline unsigned short __half_as_ushort(__half value) {
  return value.bits;
}
inline __half __short_as_half(short bits) {
  return __half_raw{static_cast<unsigned short>(bits)};
}
inline short __half_as_short(__half value) {
  return static_cast<short>(value.bits);
}

inline float __half2float(__half value) {
  return levin::emulator::half_to_float(value.bits);
}
inline __half __float2half(float value) {
  return __half(value);
}
inline __half __float2half_rn(float value) {
  return __half(value);
}
inline __half __float2half_rz(float value) {
  return __ushort_as_half(static_cast<unsigned short>(
      levin::emulator::Half::encode(value, levin::emulator::Rounding::kZero, false)));
}
inline __half __float2half_rd(float value) {
  return __ushort_as_half(static_cast<unsigned short>(
      levin::emulator::Half::encode(value, levin::emulator::Rounding::kDown, false)));
}
inline __half __float2half_ru(float value) {
  return __ushort_as_half(static_cast<unsigned short>(
      levin::emulator::Half::encode(value, levin::emulator::Rounding::kUp, false)));
}
inline __half __double2half(double value) {
  return __half(value);
}
inline __half __int2half_rn(int value) {
  return __half(value);
}
inline __half __uint2half_rn(unsigned value) {
  return __half(static_cast<double>(value));
}
inline int __half2int_rn(__half value) {
  return __float2int_rn(value);
}
inline int __half2int_rz(__half value) {
  return __float2int_rz(value);
}

inline __half2 make_half2(__half x, __half y) {
  return {x, y};
}
inline __half2 __halves2half2(__half x, __half y) {
  return {x, y};
}
inline __half2 __half2half2(__half x) {
  return {x, x};
}
inline __half2 __float2half2_rn(float x) {
  return {__half(x), __half(x)};
}
inline __half2 __floats2half2_rn(float x, float y) {
  return {__half(x), __half(y)};
}
inline __half2 __float22half2_rn(float2 value) {
  return {__half(value.x), __half(value.y)};
}
inline float2 __half22float2(__half2 value) {
  return {__half2float(value.x), __half2float(value.y)};
}
inline float __low2float(__half2 value) {
  return value.x;
}
inline float __high2float(__half2 value) {
  return value.y;
}
inline __half __low2half(__half2 value) {
  return value.x;
}
inline __half __high2half(__half2 value) {
  return value.y;
}
inline __half2 __low2half2(__half2 value) {
  return {value.x, value.x};
}
inline __half2 __high2half2(__half2 value) {
  return {value.y, value.y};
}
inline __half2 __lows2half2(__half2 a, __half2 b) {
  return {a.x, b.x};
}
inline __half2 __highs2half2(__half2 a, __half2 b) {
  return {a.y, b.y};
}

#endif
