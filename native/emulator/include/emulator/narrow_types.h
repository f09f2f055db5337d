/*
 * CUDA's one-byte floating-point types and their conversions, which go through double and round once.
 * A pair or a quad is its codes, the first in the lowest bits.
 */
#ifndef LEVIN_EMULATOR_NARROW_TYPES_H
#define LEVIN_EMULATOR_NARROW_TYPES_H

#include "../cuda_bf16.h"
#include "../cuda_fp16.h"

enum __nv_saturation_t { __NV_NOSAT = 0, __NV_SATFINITE = 1 };
enum cudaRoundMode { cudaRoundNearest = 0, cudaRoundZero = 1, cudaRoundPosInf = 2, cudaRoundMinInf = 3 };

namespace levin::emulator {

inline Rounding rounding_of(cudaRoundMode mode) {
  return mode == cudaRoundZero     ? Rounding::kZero
         : mode == cudaRoundPosInf ? Rounding::kUp
         : mode == cudaRoundMinInf ? Rounding::kDown
                                   : Rounding::kNearest;
}

template <class Format>
uint8_t narrow(double value, bool saturate = true, Rounding rounding = Rounding::kNearest) {
  return static_cast<uint8_t>(Format::encode(value, rounding, saturate));
}

/* Every code of these formats is exact in binary16. */
template <class Format>
__half_raw widen_to_half(uint8_t code) {
  return __half_raw{static_cast<unsigned short>(
      Half::encode(Format::decode(code), Rounding::kNearest, false))};
}

/* A number in the low bits of a byte; converting from wider types saturates. */
template <class Format>
struct NarrowFloat {
  uint8_t __x;

  NarrowFloat() = default;
  explicit NarrowFloat(float value) : __x(narrow<Format>(value)) {}
  explicit NarrowFloat(double value) : __x(narrow<Format>(value)) {}
  explicit NarrowFloat(__half value) : __x(narrow<Format>(__half2float(value))) {}
  explicit NarrowFloat(__nv_bfloat16 value) : __x(narrow<Format>(__bfloat162float(value))) {}
  explicit operator float() const { return static_cast<float>(Format::decode(__x)); }
  explicit operator double() const { return Format::decode(__x); }
  explicit operator __half() const { return __half(widen_to_half<Format>(__x)); }
  explicit operator __nv_bfloat16() const { return __nv_bfloat16(static_cast<float>(Format::decode(__x))); }
};

/* Two numbers side by side, kBits of storage each. */
template <class Format, class Storage, int kBits>
struct NarrowPair {
  Storage __x;

  NarrowPair() = default;
  explicit NarrowPair(float2 value)
      : __x(static_cast<Storage>(narrow<Format>(value.x) | narrow<Format>(value.y) << kBits)) {}
  explicit operator float2() const {
    constexpr unsigned kMask = (1u << kBits) - 1;
    return {static_cast<float>(Format::decode(__x & kMask)),
            static_cast<float>(Format::decode(__x >> kBits & kMask))};
  }
};

template <class Format, class Storage, int kBits>
struct NarrowQuad {
  Storage __x;

  NarrowQuad() = default;
  explicit NarrowQuad(float4 v)
      : __x(static_cast<Storage>(narrow<Format>(v.x) | narrow<Format>(v.y) << kBits |
                                 narrow<Format>(v.z) << 2 * kBits |
                                 static_cast<uint32_t>(narrow<Format>(v.w)) << 3 * kBits)) {}
  explicit operator float4() const {
    constexpr unsigned kMask = (1u << kBits) - 1;
    return {static_cast<float>(Format::decode(__x & kMask)),
            static_cast<float>(Format::decode(__x >> kBits & kMask)),
            static_cast<float>(Format::decode(__x >> 2 * kBits & kMask)),
            static_cast<float>(Format::decode(__x >> 3 * kBits & kMask))};
  }
};

}  // namespace levin::emulator

#endif
