// Steps of block-scaled products: 16 weight rows by 8 activation rows by 32 bytes of K, fragments as
// ptx/block_scaled_mma.h lays them out.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "gemm/fragments.cuh"
#include "ptx/block_scaled_mma.h"
#include "ptx/mma.h"
#include "quant/external.cuh"

namespace levin {

constexpr int kStepBytes = 32;

// Scales of the rows that a lane holds, for one step, the first in the low byte: weight rows g and g + 8, column
// g.
struct StepScales {
  uint32_t weight[2];
  uint32_t column;
};

// Element: kBits, value(code). Scale: value(byte). kScaleValues share a scale.
template <typename Element, typename Scale, int kScaleValues_>
struct BlockElements {
  static constexpr int kScaleValues = kScaleValues_;
  static constexpr int kPerRegister = 32 / Element::kBits;
  static constexpr int kStepScales = 8 * kPerRegister / kScaleValues;  // bytes of scales of a step of a row

  // Values 2i and 2i + 1 of register half of the lane, times their scale, as two bfloat16 numbers.
  static __device__ uint32_t scaled_pair(uint32_t bits, int i, int half, int quad, uint32_t scales) {
    const int block = (4 * half + quad) * kPerRegister / kScaleValues;
    const float scale = Scale::value(scales >> (8 * block) & 0xff);
    constexpr uint32_t kMask = (1u << Element::kBits) - 1;
    const float first = Element::value(bits >> (2 * i * Element::kBits) & kMask);
    const float second = Element::value(bits >> ((2 * i + 1) * Element::kBits) & kMask);
    return pack_exact_bf16(first * scale, second * scale);
  }

  // The step with codes times scales as bfloat16, on any architecture.
  static __device__ void multiply_widened(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], int quad,
                                          const StepScales& scales) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int i = 0; i < kPerRegister / 2; i += 2) {
        const uint32_t wide_a[4] = {scaled_pair(a[2 * half], i, half, quad, scales.weight[0]),
                                    scaled_pair(a[2 * half + 1], i, half, quad, scales.weight[1]),
                                    scaled_pair(a[2 * half], i + 1, half, quad, scales.weight[0]),
                                    scaled_pair(a[2 * half + 1], i + 1, half, quad, scales.weight[1])};
        const uint32_t wide_b[2] = {scaled_pair(b[half], i, half, quad, scales.column),
                                    scaled_pair(b[half], i + 1, half, quad, scales.column)};
        mma_m16n8k16_bf16(d, wide_a, wide_b, d);
      }
    }
  }
};

struct E2m1Element {
  static constexpr int kBits = 4;
  static __device__ float value(uint32_t code) { return 0.5f * doubled_e2m1(code); }
};

struct E4m3Byte {
  static constexpr int kBits = 8;
  static __device__ float value(uint32_t code) { return e4m3_to_float(code); }
};

struct E8m0Scale {
  static __device__ float value(uint32_t byte) { return e8m0_to_float(byte); }
};

struct Ue4m3Scale {
  static __device__ float value(uint32_t byte) { return e4m3_to_float(byte & 0x7f); }
};

// The lane with quad 1 answers for row g + 8, all others for row g.
__device__ inline uint32_t scale_of_lane(const StepScales& scales, int quad) {
  return quad == 1 ? scales.weight[1] : scales.weight[0];
}

struct Nvfp4Blocks : BlockElements<E2m1Element, Ue4m3Scale, 16> {
  static __device__ void multiply(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], int quad,
                                  const StepScales& scales) {
    mma_m16n8k64_nvf4(d, a, b, d, scale_of_lane(scales, quad), scales.column);
  }
};

struct Mxfp4Blocks : BlockElements<E2m1Element, E8m0Scale, 32> {
  static __device__ void multiply(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], int quad,
                                  const StepScales& scales) {
    mma_m16n8k64_mxf4(d, a, b, d, scale_of_lane(scales, quad), scales.column);
  }
};

struct Mxfp8Blocks : BlockElements<E4m3Byte, E8m0Scale, 32> {
  static __device__ void multiply(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], int quad,
                                  const StepScales& scales) {
    mma_m16n8k32_mxf8(d, a, b, d, scale_of_lane(scales, quad), scales.column);
  }
};

}  // namespace levin
