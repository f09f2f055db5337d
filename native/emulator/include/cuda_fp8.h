/* FP8 with CUDA's names: e4m3 (largest 448, no infinity) and e5m2. */
#ifndef LEVIN_EMULATOR_CUDA_FP8_H
#define LEVIN_EMULATOR_CUDA_FP8_H

#include "emulator/narrow_types.h"

typedef uint8_t __nv_fp8_storage_t;
typedef uint16_t __nv_fp8x2_storage_t;
typedef uint32_t __nv_fp8x4_storage_t;
enum __nv_fp8_interpretation_t { __NV_E4M3 = 0, __NV_E5M2 = 1 };

using __nv_fp8_e4m3 = levin::emulator::NarrowFloat<levin::emulator::E4m3>;
using __nv_fp8_e5m2 = levin::emulator::NarrowFloat<levin::emulator::E5m2>;
using __nv_fp8x2_e4m3 = levin::emulator::NarrowPair<levin::emulator::E4m3, __nv_fp8x2_storage_t, 8>;
using __nv_fp8x2_e5m2 = levin::emulator::NarrowPair<levin::emulator::E5m2, __nv_fp8x2_storage_t, 8>;
using __nv_fp8x4_e4m3 = levin::emulator::NarrowQuad<levin::emulator::E4m3, __nv_fp8x4_storage_t, 8>;
using __nv_fp8x4_e5m2 = levin::emulator::NarrowQuad<levin::emulator::E5m2, __nv_fp8x4_storage_t, 8>;

inline __nv_fp8_storage_t __nv_cvt_double_to_fp8(double value, __nv_saturation_t saturate,
                                                 __nv_fp8_interpretation_t kind) {
  bool finite = saturate == __NV_SATFINITE;
  return kind == __NV_E4M3 ? levin::emulator::narrow<levin::emulator::E4m3>(value, finite)
                           : levin::emulator::narrow<levin::emulator::E5m2>(value, finite);
}
inline __nv_fp8_storage_t __nv_cvt_float_to_fp8(float value, __nv_saturation_t saturate,
                                                __nv_fp8_interpretation_t kind) {
  return __nv_cvt_double_to_fp8(value, saturate, kind);
}
inline __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 value, __nv_saturation_t saturate,
                                                     __nv_fp8_interpretation_t kind) {
  return static_cast<__nv_fp8x2_storage_t>(__nv_cvt_float_to_fp8(value.x, saturate, kind) |
                                           __nv_cvt_float_to_fp8(value.y, saturate, kind) << 8);
}
inline __nv_fp8_storage_t __nv_cvt_halfraw_to_fp8(__half_raw value, __nv_saturation_t saturate,
                                                  __nv_fp8_interpretation_t kind) {
  return __nv_cvt_float_to_fp8(__half2float(__half(value)), saturate, kind);
}
inline __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_fp8(__nv_bfloat16_raw value, __nv_saturation_t saturate,
                                                      __nv_fp8_interpretation_t kind) {
  return __nv_cvt_float_to_fp8(__bfloat162float(__nv_bfloat16(value)), saturate, kind);
}
inline __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t code, __nv_fp8_interpretation_t kind) {
  return kind == __NV_E4M3 ? levin::emulator::widen_to_half<levin::emulator::E4m3>(code)
                           : levin::emulator::widen_to_half<levin::emulator::E5m2>(code);
}

#endif
