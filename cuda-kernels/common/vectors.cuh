// Four neighbouring floats of a row, as one 16-byte access where the row's address allows it.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace levin {

template <typename... T>
__host__ inline bool all_multiples_of_16(T... values) {
  return (((values) % 16 == 0) && ...);
}

template <typename... T>
__host__ inline bool all_multiples_of(int64_t bytes, T... values) {
  return (((values) % bytes == 0) && ...);
}

template <typename T>
__host__ inline int64_t address_of(const T* pointer) {
  return static_cast<int64_t>(reinterpret_cast<uintptr_t>(pointer));
}

// Elements [start, start + 4) of a row of size elements; fill past its end. With vectors the row begins at a
// multiple of 16 bytes and start is a multiple of 4.
__device__ inline float4 load4(const float* row, int64_t start, int64_t size, bool vectors, float fill = 0.0f) {
  if (vectors && start + 4 <= size) {
    return *reinterpret_cast<const float4*>(row + start);
  }
  float4 value = make_float4(fill, fill, fill, fill);
  if (start < size) value.x = row[start];
  if (start + 1 < size) value.y = row[start + 1];
  if (start + 2 < size) value.z = row[start + 2];
  if (start + 3 < size) value.w = row[start + 3];
  return value;
}

__device__ inline void store4(float* row, int64_t start, int64_t size, bool vectors, float4 value) {
  if (vectors && start + 4 <= size) {
    *reinterpret_cast<float4*>(row + start) = value;
    return;
  }
  if (start < size) row[start] = value.x;
  if (start + 1 < size) row[start + 1] = value.y;
  if (start + 2 < size) row[start + 2] = value.z;
  if (start + 3 < size) row[start + 3] = value.w;
}

}  // namespace levin
