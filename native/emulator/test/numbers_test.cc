/* Narrow floating-point formats: every code, every rounding boundary, and the fast ways against the slow. */
#include <cmath>
#include <random>

#include "check.h"
#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "cuda_fp4.h"
#include "cuda_fp6.h"
#include "cuda_fp8.h"

using namespace levin::emulator;

namespace {

template <class Format>
void check_format(const char* name, double largest, double smallest) {
  (void)name;
  EQUAL(Format::decode(Format::kLargest), largest);
  EQUAL(Format::decode(1), smallest);
  EQUAL(Format::decode(Format::kSign | 1), -smallest);
  for (uint32_t code = 0; code <= Format::kLargest; ++code) {
    double value = Format::decode(code);
    EQUAL(Format::encode(value, Rounding::kNearest, false), code);
    EQUAL(Format::encode(-value, Rounding::kNearest, false), code | Format::kSign);
    if (code == Format::kLargest) {
      break;
    }
    double next = Format::decode(code + 1);
    double middle = (value + next) / 2;
    EQUAL(next > value, true);
    EQUAL(Format::encode(middle, Rounding::kNearest, false), code + (code & 1u));
    EQUAL(Format::encode(std::nextafter(middle, 0.0), Rounding::kNearest, false), code);
    EQUAL(Format::encode(std::nextafter(middle, next), Rounding::kNearest, false), code + 1);
    EQUAL(Format::encode(std::nextafter(next, 0.0), Rounding::kZero, false), code);
    EQUAL(Format::encode(std::nextafter(value, next), Rounding::kUp, false), code + 1);
    EQUAL(Format::encode(-std::nextafter(value, next), Rounding::kDown, false), (code + 1) | Format::kSign);
    EQUAL(Format::encode(-std::nextafter(next, 0.0), Rounding::kUp, false), code | Format::kSign);
  }
}

CASE(every_code_of_every_format) {
  check_format<Half>("f16", 65504.0, 0x1p-24);
  check_format<Bfloat16>("bf16", 0x1.fep127, 0x1p-133);
  check_format<E4m3>("e4m3", 448.0, 0x1p-9);
  check_format<E5m2>("e5m2", 57344.0, 0x1p-16);
  check_format<E3m2>("e3m2", 28.0, 0x1p-4);
  check_format<E2m3>("e2m3", 7.5, 0x1p-3);
  check_format<E2m1>("e2m1", 6.0, 0.5);
}

CASE(what_is_too_large_or_no_number) {
  double infinity = __builtin_inf();
  EQUAL(Half::encode(65520.0, Rounding::kNearest, false), 0x7c00u);
  EQUAL(Half::encode(65519.9, Rounding::kNearest, false), 0x7bffu);
  EQUAL(Half::encode(1e9, Rounding::kZero, false), 0x7bffu);
  EQUAL(Half::encode(infinity, Rounding::kZero, false), 0x7c00u);
  EQUAL(E5m2::encode(1e9, Rounding::kNearest, true), 0x7bu);
  EQUAL(E5m2::encode(-1e9, Rounding::kNearest, false), 0xfcu);
  EQUAL(E4m3::encode(464.1, Rounding::kNearest, false), 0x7fu);
  EQUAL(E4m3::encode(infinity, Rounding::kNearest, true), 0x7eu);
  EQUAL(E2m1::encode(-1e9, Rounding::kNearest, true), 0xfu);
  EQUAL(E2m1::encode(__builtin_nan(""), Rounding::kNearest, true), 0x7u);
  EQUAL(E4m3::encode(__builtin_nan(""), Rounding::kNearest, true), 0x7fu);
}

CASE(fast_conversions_agree_with_the_definition) {
  for (uint32_t code = 0; code < 65536; ++code) {
    uint16_t bits = static_cast<uint16_t>(code);
    double half = Half::decode(code);
    double bfloat = Bfloat16::decode(code);
    EQUAL(half != half ? std::isnan(half_to_float(bits)) : half_to_float(bits) == half, true);
    EQUAL(bfloat != bfloat ? std::isnan(bfloat16_to_float(bits)) : bfloat16_to_float(bits) == bfloat, true);
  }
  std::mt19937 random(3);
  for (int i = 0; i < 300000; ++i) {
    /* Half of the values lie on or next to a boundary between two codes. */
    uint32_t bits = random();
    if (i % 2 == 0) {
      bits = (bits & 0xfffff000u) + (static_cast<uint32_t>(i) / 2 % 3 - 1);
    }
    float value = bit_cast<float>(bits);
    if (std::isnan(value)) {
      EQUAL(float_to_half(value), 0x7fff);
      EQUAL(float_to_bfloat16(value), 0x7fff);
    } else {
      EQUAL(float_to_half(value), Half::encode(value, Rounding::kNearest, false));
      EQUAL(float_to_bfloat16(value), Bfloat16::encode(value, Rounding::kNearest, false));
    }
  }
}

CASE(arithmetic_rounds_once) {
  std::mt19937 random(5);
  for (int i = 0; i < 100000; ++i) {
    __half a = __ushort_as_half(static_cast<unsigned short>(random()));
    __half b = __ushort_as_half(static_cast<unsigned short>(random()));
    __half c = __ushort_as_half(static_cast<unsigned short>(random()));
    if (__hisnan(a) || __hisnan(b) || __hisnan(c) || __hisinf(a) || __hisinf(b) || __hisinf(c)) {
      continue;
    }
    long double exact = static_cast<long double>(float(a)) * float(b) + float(c);
    double nearest = static_cast<double>(exact);
    if (static_cast<long double>(nearest) == exact) {
      EQUAL(__half_as_ushort(__hfma(a, b, c)) & 0x7fffu,
            Half::encode(nearest, Rounding::kNearest, false) & 0x7fffu);
    }
    EQUAL(__half_as_ushort(a * b),
          Half::encode(static_cast<double>(float(a)) * float(b), Rounding::kNearest, false));
  }
  /* The product is 2^-11 (1 + 2^-15): alone it becomes 2^-11, and half of one's last bit goes to even. */
  __half a(1.0f + 0x1p-5f);
  __half b(0x1p-11f * (1.0f - 0x1p-5f + 0x1p-10f));
  EQUAL(float(__hfma(a, b, __half(1.0f))), 1.0f + 0x1p-10f);
  EQUAL(float(a * b + __half(1.0f)), 1.0f);
}

CASE(pairs_are_two_numbers) {
  __half2 pair = __floats2half2_rn(1.5f, -2.0f);
  pair += __half2half2(__half(0.5f));
  EQUAL(__low2float(pair), 2.0f);
  EQUAL(__high2float(pair), -1.5f);
  float2 both = __half22float2(__hfma2(pair, pair, pair));
  EQUAL(both.x, 6.0f);
  EQUAL(both.y, 0.75f);
  __nv_bfloat162 brain = __floats2bfloat162_rn(3.0f, 1.0f);
  EQUAL(__bfloat162float(__hmax(brain.x, brain.y)), 3.0f);
  EQUAL(__bfloat162float(__high2bfloat16(-brain)), -1.0f);
}

CASE(one_byte_types_convert_and_saturate) {
  EQUAL(float(__nv_fp8_e4m3(1000.0f)), 448.0f);
  EQUAL(float(__nv_fp8_e5m2(-1.1f)), -1.0f);
  EQUAL(float(__nv_fp6_e3m2(100.0f)), 28.0f);
  EQUAL(float(__nv_fp6_e2m3(0.19f)), 0.25f);
  EQUAL(float(__nv_fp4_e2m1(-2.5f)), -2.0f);
  EQUAL(__nv_cvt_float_to_fp8(500.0f, __NV_NOSAT, __NV_E4M3), 0x7f);
  EQUAL(__nv_cvt_float_to_fp8(1e9f, __NV_NOSAT, __NV_E5M2), 0x7c);
  EQUAL(__nv_cvt_float_to_fp6(0.3f, __NV_E2M3, cudaRoundZero), 2);
  for (unsigned code = 0; code < 256; ++code) {
    uint8_t byte = static_cast<uint8_t>(code);
    double wide = E4m3::decode(code);
    float half = __half2float(__half(__nv_cvt_fp8_to_halfraw(byte, __NV_E4M3)));
    EQUAL(wide != wide ? std::isnan(half) : half == wide, true);
    wide = E5m2::decode(code);
    half = __half2float(__half(__nv_cvt_fp8_to_halfraw(byte, __NV_E5M2)));
    EQUAL(wide != wide ? std::isnan(half) : half == wide, true);
    if (code < 64) {
      EQUAL(__half2float(__half(__nv_cvt_fp6_to_halfraw(byte, __NV_E3M2))), E3m2::decode(code));
    }
    if (code < 16) {
      EQUAL(__half2float(__half(__nv_cvt_fp4_to_halfraw(byte, __NV_E2M1))), E2m1::decode(code));
    }
  }
  float2 pair = float2(__nv_fp8x2_e4m3(make_float2(3.0f, -0.5f)));
  EQUAL(pair.x, 3.0f);
  EQUAL(pair.y, -0.5f);
  EQUAL(__nv_fp4x4_e2m1(make_float4(0.5f, 1.0f, -6.0f, 2.0f)).__x, 0x4f21);
  EQUAL(float4(__nv_fp4x4_e2m1(make_float4(0.5f, 1.0f, -6.0f, 2.0f))).z, -6.0f);
  EQUAL(float4(__nv_fp6x4_e2m3(make_float4(0.5f, 1.0f, -6.0f, 2.0f))).w, 2.0f);
}

}  // namespace

int main() {
  return levin::test::run_all();
}
