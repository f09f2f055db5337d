/* FP6 with CUDA's names: e3m2 (largest 28) and e2m3 (largest 7.5), each in a byte; all codes are numbers. */
#ifndef LEVIN_EMULATOR_CUDA_FP6_H
#define LEVIN_EMULATOR_CUDA_FP6_H

#include "emulator/narrow_types.h"

typedef uint8_t __nv_fp6_storage_t;
typedef uint16_t __nv_fp6x2_storage_t;
typedef uint32_t __nv_fp6x4_storage_t;
enum __nv_fp6_interpretation_t { __NV_E2M3 = 0, __NV_E3M2 = 1 };

using __nv_fp6_e2m3 = levin::emulator::NarrowFloat<levin::emulator::E2m3>;
using __nv_fp6_e3m2 = levin::emulator::NarrowFloat<levin::emulator::E3m2>;
using __nv_fp6x2_e2m3 = levin::emulator::NarrowPair<levin::emulator::E2m3, __nv_fp6x2_storage_t, 8>;
using __nv_fp6x2_e3m2 = levin::emulator::NarrowPair<levin::emulator::E3m2, __nv_fp6x2_storage_t, 8>;
using __nv_fp6x4_e2m3 = levin::emulator::NarrowQuad<levin::emulator::E2m3, __nv_fp6x4_storage_t, 8>;
using __nv_fp6x4_e3m2 = levin::emulator::NarrowQuad<levin::emulator::E3m2, __nv_fp6x4_storage_t, 8>;

inline __nv_fp6_storage_t __nv_cvt_float_to_fp6(float value, __nv_fp6_interpretation_t kind,
                                                cudaRoundMode mode) {
  levin::emulator::Rounding rounding = levin::emulator::rounding_of(mode);
  return kind == __NV_E2M3 ? levin::emulator::narrow<levin::emulator::E2m3>(value, true, rounding)
                           : levin::emulator::narrow<levin::emulator::E3m2>(value, true, rounding);
}
inline __half_raw __nv_cvt_fp6_to_halfraw(__nv_fp6_storage_t code, __nv_fp6_interpretation_t kind) {
  return kind == __NV_E2M3 ? levin::emulator::widen_to_half<levin::emulator::E2m3>(code)
                           : levin::emulator::widen_to_half<levin::emulator::E3m2>(code);
}

#endif
