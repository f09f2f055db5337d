/* FP4 with CUDA's names: e2m1 (largest 6). One number lies in a byte, a pair in a byte, four in two bytes. */
#ifndef LEVIN_EMULATOR_CUDA_FP4_H
#define LEVIN_EMULATOR_CUDA_FP4_H

#include "emulator/narrow_types.h"

typedef uint8_t __nv_fp4_storage_t;
typedef uint8_t __nv_fp4x2_storage_t;
typedef uint16_t __nv_fp4x4_storage_t;
enum __nv_fp4_interpretation_t { __NV_E2M1 = 0 };

using __nv_fp4_e2m1 = levin::emulator::NarrowFloat<levin::emulator::E2m1>;
using __nv_fp4x2_e2m1 = levin::emulator::NarrowPair<levin::emulator::E2m1, __nv_fp4x2_storage_t, 4>;
using __nv_fp4x4_e2m1 = levin::emulator::NarrowQuad<levin::emulator::E2m1, __nv_fp4x4_storage_t, 4>;

inline __nv_fp4_storage_t __nv_cvt_float_to_fp4(float value, __nv_fp4_interpretation_t, cudaRoundMode mode) {
  return levin::emulator::narrow<levin::emulator::E2m1>(value, true, levin::emulator::rounding_of(mode));
}
inline __nv_fp4x2_storage_t __nv_cvt_float2_to_fp4x2(float2 value, __nv_fp4_interpretation_t kind,
                                                     cudaRoundMode mode) {
  return static_cast<__nv_fp4x2_storage_t>(__nv_cvt_float_to_fp4(value.x, kind, mode) |
                                           __nv_cvt_float_to_fp4(value.y, kind, mode) << 4);
}
inline __half_raw __nv_cvt_fp4_to_halfraw(__nv_fp4_storage_t code, __nv_fp4_interpretation_t) {
  return levin::emulator::widen_to_half<levin::emulator::E2m1>(code);
}

#endif
