/*
 * Floating-point formats of 16 bits and fewer, by their definition: sign, exponent, mantissa, and what the
 * largest codes mean. Values are computed in double, which holds every float and every product of two of
 * the narrow numbers exactly, so there is one rounding.
 */
#ifndef LEVIN_EMULATOR_MINIFLOAT_H
#define LEVIN_EMULATOR_MINIFLOAT_H

#include <cmath>
#include <cstdint>

#include "atomics.h"

namespace levin::emulator {

enum class Rounding { kNearest, kZero, kDown, kUp };

/* What the codes beyond the largest number stand for. */
enum class Specials {
  kIeee,    /* the last exponent is infinity and NaN */
  kNanOnly, /* only the very last code is NaN: e4m3 */
  kNone     /* every code is a number: fp6, fp4 */
};

template <int kExponentBits, int kMantissaBits, Specials kSpecials>
struct Minifloat {
  static constexpr int kBits = 1 + kExponentBits + kMantissaBits;
  static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  static constexpr uint32_t kSign = 1u << (kBits - 1);
  static constexpr uint32_t kLastCode = kSign - 1;
  static constexpr uint32_t kInfinity = ((1u << kExponentBits) - 1) << kMantissaBits;
  static constexpr uint32_t kLargest = kSpecials == Specials::kIeee      ? kInfinity - 1
                                       : kSpecials == Specials::kNanOnly ? kLastCode - 1
                                                                         : kLastCode;

  static double decode(uint32_t bits) {
    uint32_t code = bits & kLastCode;
    double sign = bits & kSign ? -1.0 : 1.0;
    if (kSpecials == Specials::kIeee && code >= kInfinity) {
      return code == kInfinity ? sign * __builtin_inf() : __builtin_nan("");
    }
    if (kSpecials == Specials::kNanOnly && code == kLastCode) {
      return __builtin_nan("");
    }
    int exponent = static_cast<int>(code >> kMantissaBits);
    double mantissa = code & ((1u << kMantissaBits) - 1);
    return exponent == 0 ? sign * std::ldexp(mantissa, 1 - kBias - kMantissaBits)
                         : sign * std::ldexp(mantissa + (1 << kMantissaBits),
                                             exponent - kBias - kMantissaBits);
  }

  /*
   * Saturating: what is too large, infinity too, becomes the largest number; else infinity, or NaN where
   * there is none. A NaN becomes the last code: a NaN or, where there is none, the largest number.
   */
  static uint32_t encode(double value, Rounding rounding, bool saturate) {
    if (value != value) {
      return kLastCode;
    }
    bool negative = std::signbit(value);
    uint32_t sign = negative ? kSign : 0;
    double magnitude = std::fabs(value);
    bool away = rounding == (negative ? Rounding::kDown : Rounding::kUp);
    bool nearest = rounding == Rounding::kNearest;
    uint32_t code;
    if (magnitude == __builtin_inf()) {
      code = kLargest + 1;
    } else {
      int exponent = magnitude == 0.0 ? 1 - kBias : std::ilogb(magnitude);
      exponent = exponent < 1 - kBias ? 1 - kBias : exponent;
      double steps = std::ldexp(magnitude, kMantissaBits - exponent);
      double rounded = nearest ? std::nearbyint(steps) : away ? std::ceil(steps) : std::floor(steps);
      /* A carry out of the mantissa runs on into the exponent, as the codes are in order. */
      double position = rounded + std::ldexp(exponent - 1 + kBias, kMantissaBits);
      code = position > kLargest ? kLargest + 1 : static_cast<uint32_t>(position);
      if (code > kLargest && !nearest && !away) {
        code = kLargest;
      }
    }
    if (code > kLargest) {
      bool to_largest = saturate || kSpecials == Specials::kNone;
      code = to_largest                     ? kLargest
             : kSpecials == Specials::kIeee ? kInfinity
                                            : kLastCode;
    }
    return sign | code;
  }
};

using Half = Minifloat<5, 10, Specials::kIeee>;
using Bfloat16 = Minifloat<8, 7, Specials::kIeee>;
using E4m3 = Minifloat<4, 3, Specials::kNanOnly>;
using E5m2 = Minifloat<5, 2, Specials::kIeee>;
using E3m2 = Minifloat<3, 2, Specials::kNone>;
using E2m3 = Minifloat<2, 3, Specials::kNone>;
using E2m1 = Minifloat<2, 1, Specials::kNone>;

/* Fast ways between float and the two 16-bit formats, for the common rounding. */
inline float half_to_float(uint16_t bits) {
  uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
  uint32_t code = bits & 0x7fffu;
  if (code >= 0x7c00u) {
    return bit_cast<float>(sign | 0x7f800000u | (code & 0x3ffu) << 13);
  }
  /* The exponent is rebiased by a multiplication, which makes subnormal numbers normal too. */
  return bit_cast<float>(sign | bit_cast<uint32_t>(bit_cast<float>(code << 13) * 0x1p112f));
}

inline uint16_t float_to_half(float value) {
  uint32_t bits = bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000u;
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x47800000u) {
    return static_cast<uint16_t>(magnitude > 0x7f800000u ? 0x7fffu : sign | 0x7c00u);
  }
  if (magnitude < 0x38800000u) {
    /* Adding a half lines the subnormal mantissa up with the float's, and rounds it. */
    uint32_t aligned = bit_cast<uint32_t>(bit_cast<float>(magnitude) + 0.5f);
    return static_cast<uint16_t>(sign | (aligned - 0x3f000000u));
  }
  uint32_t odd = magnitude >> 13 & 1u;
  return static_cast<uint16_t>(sign | (magnitude + 0xc8000fffu + odd) >> 13);
}

inline float bfloat16_to_float(uint16_t bits) {
  return bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

inline uint16_t float_to_bfloat16(float value) {
  uint32_t bits = bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fffu;
  }
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* a * b + c rounded once more: to odd in double, so that a second rounding to 16 bits is the only one. */
inline double fused_to_odd(double a, double b, double c) {
  double product = a * b;
  double sum = product + c;
  double from_product = sum - c;
  double error = (product - from_product) + (c - (sum - from_product));
  if (error != 0.0 && std::isfinite(sum) && (bit_cast<uint64_t>(sum) & 1u) == 0) {
    sum = std::nextafter(sum, error > 0.0 ? __builtin_inf() : -__builtin_inf());
  }
  return sum;
}

}  // namespace levin::emulator

#endif
