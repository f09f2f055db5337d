// Encoders of the formats that pages are written in: 32 neighbouring values by one thread, to the bit as the
// codec of the DType does. Formats whose encoders search for scales are encoded on the host.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/half.cuh"
#include "common/numeric.cuh"
#include "levin/kernels/dtype.h"

namespace levin {

// The first value whose magnitude no other exceeds, with its sign.
__device__ inline float extreme_of(const float (&values)[32]) {
  float best = 0.0f;
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    best = fabsf(values[i]) > fabsf(best) ? values[i] : best;
  }
  return best;
}

__device__ inline float inverse_of(float scale) { return scale == 0.0f ? 0.0f : 1.0f / scale; }

__device__ inline void store_u16(uint8_t* to, uint32_t value) {
  *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(value);
}

__device__ inline void encode_q8_0(const float (&values)[32], uint8_t* block) {
  const float d = fabsf(extreme_of(values)) / 127.0f;
  const float inverse = inverse_of(d);
  store_u16(block, f16_of(d));
#pragma unroll
  for (int i = 0; i < 32; i += 2) {
    const int low = static_cast<int>(roundf(values[i] * inverse));
    const int high = static_cast<int>(roundf(values[i + 1] * inverse));
    store_u16(block + 2 + i, (low & 0xff) | (high & 0xff) << 8);
  }
}

__device__ inline int four_bits_of(float value, float inverse) {
  const int rounded = static_cast<int>(fmaf(value, inverse, 8.5f));
  return rounded < 0 ? 0 : rounded > 15 ? 15 : rounded;
}

__device__ inline void encode_q4_0(const float (&values)[32], uint8_t* block) {
  const float d = extreme_of(values) / -8.0f;
  const float inverse = inverse_of(d);
  store_u16(block, f16_of(d));
#pragma unroll
  for (int i = 0; i < 16; i += 2) {
    const int low = four_bits_of(values[i], inverse) | four_bits_of(values[i + 16], inverse) << 4;
    const int high = four_bits_of(values[i + 1], inverse) | four_bits_of(values[i + 17], inverse) << 4;
    store_u16(block + 2 + i, low | high << 8);
  }
}

template <typename Element, typename Encode>
__device__ inline void encode_elements(const float (&values)[32], int count, uint8_t* to, Encode encode) {
  Element* elements = reinterpret_cast<Element*>(to);
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    if (i < count) {
      elements[i] = encode(values[i]);
    }
  }
}

__host__ __device__ inline bool can_encode(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16:
    case DType::kF8_E4M3:
    case DType::kF8_E5M2:
    case DType::kQ8_0:
    case DType::kQ4_0:
      return true;
    default:
      return false;
  }
}

// Writes the first count of 32 values as group number group of a row; count is 32 in block formats.
__device__ inline void encode_group(DType dtype, const float (&values)[32], int count, uint8_t* row, int64_t group) {
  switch (dtype) {
    case DType::kQ8_0:
      encode_q8_0(values, row + 34 * group);
      return;
    case DType::kQ4_0:
      encode_q4_0(values, row + 18 * group);
      return;
    case DType::kF64:
      encode_elements<double>(values, count, row + 256 * group, [](float v) { return static_cast<double>(v); });
      return;
    case DType::kF32:
      encode_elements<float>(values, count, row + 128 * group, [](float v) { return v; });
      return;
    case DType::kF16:
      encode_elements<uint16_t>(values, count, row + 64 * group, [](float v) { return f16_of(v); });
      return;
    case DType::kBF16:
      encode_elements<uint16_t>(values, count, row + 64 * group, [](float v) { return bf16_of(v); });
      return;
    case DType::kF8_E4M3:
      encode_elements<uint8_t>(values, count, row + 32 * group, [](float v) { return e4m3_of(v); });
      return;
    case DType::kF8_E5M2:
      encode_elements<uint8_t>(values, count, row + 32 * group, [](float v) { return e5m2_of(v); });
      return;
    default:
      return;
  }
}

}  // namespace levin
