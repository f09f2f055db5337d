// Activations as they lie in memory: F32, F16 or BF16, known at launch. Loads widen to float32, stores round to
// nearest even; what is between is float32. A branch that all threads take alike costs less than an instantiation
// of every kernel for every type.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/half.cuh"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/dtype.h"

namespace levin {

__device__ inline float widen(uint32_t bits, DType dtype) {
  return dtype == DType::kF16 ? f16_to_float(bits) : bf16_to_float(static_cast<uint16_t>(bits));
}

__device__ inline uint16_t narrow(float value, DType dtype) {
  return dtype == DType::kF16 ? f16_of(value) : bf16_of(value);
}

__device__ inline float read_activation(const uint8_t* row, int64_t i, DType dtype) {
  return dtype == DType::kF32 ? reinterpret_cast<const float*>(row)[i]
                              : widen(reinterpret_cast<const uint16_t*>(row)[i], dtype);
}

__device__ inline void write_activation(uint8_t* row, int64_t i, DType dtype, float value) {
  if (dtype == DType::kF32) {
    reinterpret_cast<float*>(row)[i] = value;
  } else {
    reinterpret_cast<uint16_t*>(row)[i] = narrow(value, dtype);
  }
}

// Elements [start, start + 4) of a row of size elements; zeros past its end. With vectors the row begins at a
// multiple of 16 bytes and start is a multiple of 4.
__device__ inline float4 read_activations4(const uint8_t* row, int64_t start, int64_t size, DType dtype,
                                           bool vectors) {
  if (dtype == DType::kF32) {
    return load4(reinterpret_cast<const float*>(row), start, size, vectors);
  }
  const uint16_t* from = reinterpret_cast<const uint16_t*>(row) + start;
  if (vectors && start + 4 <= size) {
    const uint2 bits = *reinterpret_cast<const uint2*>(from);
    return make_float4(widen(bits.x & 0xffff, dtype), widen(bits.x >> 16, dtype), widen(bits.y & 0xffff, dtype),
                       widen(bits.y >> 16, dtype));
  }
  float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  if (start < size) value.x = widen(from[0], dtype);
  if (start + 1 < size) value.y = widen(from[1], dtype);
  if (start + 2 < size) value.z = widen(from[2], dtype);
  if (start + 3 < size) value.w = widen(from[3], dtype);
  return value;
}

__device__ inline void write_activations4(uint8_t* row, int64_t start, int64_t size, DType dtype, bool vectors,
                                          float4 value) {
  if (dtype == DType::kF32) {
    store4(reinterpret_cast<float*>(row), start, size, vectors, value);
    return;
  }
  uint16_t* to = reinterpret_cast<uint16_t*>(row) + start;
  if (vectors && start + 4 <= size) {
    *reinterpret_cast<uint2*>(to) =
        make_uint2(narrow(value.x, dtype) | static_cast<uint32_t>(narrow(value.y, dtype)) << 16,
                   narrow(value.z, dtype) | static_cast<uint32_t>(narrow(value.w, dtype)) << 16);
    return;
  }
  if (start < size) to[0] = narrow(value.x, dtype);
  if (start + 1 < size) to[1] = narrow(value.y, dtype);
  if (start + 2 < size) to[2] = narrow(value.z, dtype);
  if (start + 3 < size) to[3] = narrow(value.w, dtype);
}

}  // namespace levin
