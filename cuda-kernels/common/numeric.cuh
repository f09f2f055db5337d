// Arithmetic that all kernels share. A product and a sum are fused where fmaf() says so and nowhere else
// (nvcc -fmad=false): codecs define every bit, and a result must not depend on how a compiler saw its loop.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace levin {

constexpr int kWarpSize = 32;
constexpr unsigned kAllLanes = 0xffffffffu;
constexpr float kInfinity = __builtin_huge_valf();

template <typename T>
__host__ __device__ constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}

template <typename T>
__host__ __device__ constexpr T round_up(T a, T b) {
  return ceil_div(a, b) * b;
}

__device__ inline float quiet_nan() { return __uint_as_float(0x7fc00000u); }

// Sums one number of each lane in a fixed tree; every lane gets the sum. All lanes must call.
__device__ inline float warp_sum(float value) {
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, distance);
  }
  return value;
}

__device__ inline float warp_max(float value) {
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, distance));
  }
  return value;
}

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// Overflow becomes infinity; a NaN keeps its sign and upper payload and becomes quiet.
__device__ inline uint16_t bf16_of(float value) {
  const uint32_t bits = __float_as_uint(value);
  if (isnan(value)) {
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  }
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

__device__ inline float bf16_to_float(uint16_t bits) {
  return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}

// The code of |value| in a format without an upper end: carries run on into the exponent, so a caller caps
// what lies beyond its largest code. Rounds to nearest even.
__device__ inline uint32_t small_float_code(float value, int mantissa_bits, int bias) {
  const uint32_t bits = __float_as_uint(value) & 0x7fffffffu;
  const int exponent = static_cast<int>(bits >> 23) - 127 + bias;
  if (exponent <= 0) {
    const float units_per_one = __uint_as_float(static_cast<uint32_t>(127 + bias - 1 + mantissa_bits) << 23);
    return static_cast<uint32_t>(rintf(fabsf(value) * units_per_one));
  }
  const int dropped = 23 - mantissa_bits;
  const uint32_t half = (1u << (dropped - 1)) - 1 + (bits >> dropped & 1);
  return ((bits + half) >> dropped) - (static_cast<uint32_t>(127 - bias) << mantissa_bits);
}

// Whatever exceeds 448, infinities included, becomes 448 of its sign.
__device__ inline uint8_t e4m3_of(float value) {
  const uint32_t sign = __float_as_uint(value) >> 24 & 0x80;
  const uint32_t code = small_float_code(value, 3, 7);
  return static_cast<uint8_t>(sign | (isnan(value) ? 0x7fu : code < 0x7eu ? code : 0x7eu));
}

// Overflows as IEEE formats do.
__device__ inline uint8_t e5m2_of(float value) {
  const uint32_t sign = __float_as_uint(value) >> 24 & 0x80;
  const uint32_t code = small_float_code(value, 2, 15);
  return static_cast<uint8_t>(sign | (isnan(value) ? 0x7eu : code < 0x7cu ? code : 0x7cu));
}

// OCP E4M3: code 0x7f is NaN.
__device__ inline float e4m3_to_float(uint32_t code) {
  const uint32_t magnitude = code & 0x7f;
  const uint32_t bits = magnitude < 8 ? __float_as_uint(static_cast<float>(magnitude) * 0x1p-9f)
                        : magnitude == 0x7f ? 0x7fc00000u
                                            : (magnitude << 20) + (120u << 23);
  return __uint_as_float(bits | (code & 0x80) << 24);
}

// OCP E5M2: exponent 31 is infinity and NaN, as in IEEE formats.
__device__ inline float e5m2_to_float(uint32_t code) {
  const uint32_t magnitude = code & 0x7f;
  const uint32_t bits = magnitude < 4 ? __float_as_uint(static_cast<float>(magnitude) * 0x1p-16f)
                        : magnitude >= 0x7c ? (magnitude << 21 | 0x7f800000u)
                                            : (magnitude << 21) + (112u << 23);
  return __uint_as_float(bits | (code & 0x80) << 24);
}

}  // namespace levin
