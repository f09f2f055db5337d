// binary16 as stored bits.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

namespace levin {

__device__ inline float f16_to_float(uint32_t bits) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}

// Rounds to nearest even.
__device__ inline uint16_t f16_of(float value) { return __half_as_ushort(__float2half_rn(value)); }

}  // namespace levin
