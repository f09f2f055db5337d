/*
 * What __half and __nv_bfloat16 have in common: operators, and CUDA's functions whose names do not say
 * which of the two they take. A number is computed in float, or fused in double, and rounded once.
 */
#ifndef LEVIN_EMULATOR_HALF_ARITHMETIC_H
#define LEVIN_EMULATOR_HALF_ARITHMETIC_H

#include <type_traits>

#include "math.h"
#include "minifloat.h"

namespace levin::emulator {

/* Specialised by each type: to_float, of(float), fused(a, b, c), and Pair of the scalar. */
template <class T>
struct HalfTraits {
  static constexpr bool kIsScalar = false;
  static constexpr bool kIsPair = false;
};

template <class T>
using IfScalar = std::enable_if_t<HalfTraits<T>::kIsScalar, T>;
template <class T>
using IfPair = std::enable_if_t<HalfTraits<T>::kIsPair, T>;
template <class T, class Result>
using IfScalarThen = std::enable_if_t<HalfTraits<T>::kIsScalar, Result>;
template <class T, class Result>
using IfPairThen = std::enable_if_t<HalfTraits<T>::kIsPair, Result>;

template <class T>
float widen(T value) {
  return HalfTraits<T>::to_float(value);
}

template <class T, class Function>
T by_float(T a, Function function) {
  return HalfTraits<T>::of(function(widen(a)));
}

template <class T, class Function>
T by_lane(T a, T b, Function function) {
  T result;
  result.x = function(a.x, b.x);
  result.y = function(a.y, b.y);
  return result;
}

}  // namespace levin::emulator

#define LEVIN_HALF_BINARY(name, pair_name, symbol)                                                  \
  template <class T>                                                                                \
  levin::emulator::IfScalar<T> name(T a, T b) {                                                     \
    return levin::emulator::HalfTraits<T>::of(levin::emulator::widen(a)                             \
                                                  symbol levin::emulator::widen(b));                \
  }                                                                                                 \
  template <class T>                                                                                \
  levin::emulator::IfPair<T> pair_name(T a, T b) {                                                  \
    return levin::emulator::by_lane(a, b, [](auto x, auto y) { return name(x, y); });               \
  }                                                                                                 \
  template <class T>                                                                                \
  levin::emulator::IfScalar<T> operator symbol(T a, T b) {                                          \
    return name(a, b);                                                                              \
  }                                                                                                 \
  template <class T>                                                                                \
  levin::emulator::IfPair<T> operator symbol(T a, T b) {                                            \
    return pair_name(a, b);                                                                         \
  }                                                                                                 \
  template <class T>                                                                                \
  levin::emulator::IfScalarThen<T, T&> operator symbol##=(T& a, T b) {                              \
    return a = name(a, b);                                                                          \
  }                                                                                                 \
  template <class T>                                                                                \
  levin::emulator::IfPairThen<T, T&> operator symbol##=(T& a, T b) {                                \
    return a = pair_name(a, b);                                                                     \
  }
LEVIN_HALF_BINARY(__hadd, __hadd2, +)
LEVIN_HALF_BINARY(__hsub, __hsub2, -)
LEVIN_HALF_BINARY(__hmul, __hmul2, *)
LEVIN_HALF_BINARY(__hdiv, __h2div, /)
#undef LEVIN_HALF_BINARY

#define LEVIN_HALF_COMPARISON(name, symbol)                             \
  template <class T>                                                    \
  levin::emulator::IfScalarThen<T, bool> name(T a, T b) {               \
    return levin::emulator::widen(a) symbol levin::emulator::widen(b);  \
  }                                                                     \
  template <class T>                                                    \
  levin::emulator::IfScalarThen<T, bool> operator symbol(T a, T b) {    \
    return name(a, b);                                                  \
  }
LEVIN_HALF_COMPARISON(__heq, ==)
LEVIN_HALF_COMPARISON(__hne, !=)
LEVIN_HALF_COMPARISON(__hlt, <)
LEVIN_HALF_COMPARISON(__hle, <=)
LEVIN_HALF_COMPARISON(__hgt, >)
LEVIN_HALF_COMPARISON(__hge, >=)
#undef LEVIN_HALF_COMPARISON

#define LEVIN_HALF_UNARY(name, pair_name, expression)                                     \
  template <class T>                                                                      \
  levin::emulator::IfScalar<T> name(T a) {                                                \
    return levin::emulator::by_float(a, [](float x) -> float { return expression; });     \
  }                                                                                       \
  template <class T>                                                                      \
  levin::emulator::IfPair<T> pair_name(T a) {                                             \
    a.x = name(a.x);                                                                      \
    a.y = name(a.y);                                                                      \
    return a;                                                                             \
  }
LEVIN_HALF_UNARY(hexp, h2exp, std::exp(static_cast<double>(x)))
LEVIN_HALF_UNARY(hexp2, h2exp2, std::exp2(static_cast<double>(x)))
LEVIN_HALF_UNARY(hlog, h2log, std::log(static_cast<double>(x)))
LEVIN_HALF_UNARY(hlog2, h2log2, std::log2(static_cast<double>(x)))
LEVIN_HALF_UNARY(hsqrt, h2sqrt, std::sqrt(x))
LEVIN_HALF_UNARY(hrsqrt, h2rsqrt, 1.0 / std::sqrt(static_cast<double>(x)))
LEVIN_HALF_UNARY(hrcp, h2rcp, 1.0f / x)
LEVIN_HALF_UNARY(hsin, h2sin, std::sin(static_cast<double>(x)))
LEVIN_HALF_UNARY(hcos, h2cos, std::cos(static_cast<double>(x)))
LEVIN_HALF_UNARY(htanh, h2tanh, std::tanh(static_cast<double>(x)))
LEVIN_HALF_UNARY(hfloor, h2floor, std::floor(x))
LEVIN_HALF_UNARY(hceil, h2ceil, std::ceil(x))
LEVIN_HALF_UNARY(htrunc, h2trunc, std::trunc(x))
LEVIN_HALF_UNARY(hrint, h2rint, std::nearbyint(x))
LEVIN_HALF_UNARY(__habs, __habs2, std::fabs(x))
LEVIN_HALF_UNARY(__hneg, __hneg2, -x)
#undef LEVIN_HALF_UNARY

template <class T>
levin::emulator::IfScalar<T> operator-(T a) {
  return __hneg(a);
}
template <class T>
levin::emulator::IfPair<T> operator-(T a) {
  return __hneg2(a);
}

/* Like a device, the number wins over a NaN. */
template <class T>
levin::emulator::IfScalar<T> __hmax(T a, T b) {
  return levin::emulator::HalfTraits<T>::of(fmaxf(levin::emulator::widen(a), levin::emulator::widen(b)));
}
template <class T>
levin::emulator::IfScalar<T> __hmin(T a, T b) {
  return levin::emulator::HalfTraits<T>::of(fminf(levin::emulator::widen(a), levin::emulator::widen(b)));
}
template <class T>
levin::emulator::IfPair<T> __hmax2(T a, T b) {
  return levin::emulator::by_lane(a, b, [](auto x, auto y) { return __hmax(x, y); });
}
template <class T>
levin::emulator::IfPair<T> __hmin2(T a, T b) {
  return levin::emulator::by_lane(a, b, [](auto x, auto y) { return __hmin(x, y); });
}
template <class T>
levin::emulator::IfScalar<T> __hfma(T a, T b, T c) {
  return levin::emulator::HalfTraits<T>::rounded(levin::emulator::fused_to_odd(
      levin::emulator::widen(a), levin::emulator::widen(b), levin::emulator::widen(c)));
}
template <class T>
levin::emulator::IfPair<T> __hfma2(T a, T b, T c) {
  T result;
  result.x = __hfma(a.x, b.x, c.x);
  result.y = __hfma(a.y, b.y, c.y);
  return result;
}
template <class T>
levin::emulator::IfScalarThen<T, bool> __hisnan(T a) {
  return std::isnan(levin::emulator::widen(a));
}
template <class T>
levin::emulator::IfScalarThen<T, int> __hisinf(T a) {
  float value = levin::emulator::widen(a);
  return std::isinf(value) ? (value < 0.0f ? -1 : 1) : 0;
}

#endif
