// Tensors as kernels see them: device address of the first element and byte strides of all dimensions
// but the last, which is contiguous. Row-major. A null address is an absent optional tensor.
//
// T is the element type, or const uint8_t for tensors of any DType. Rows of elements begin at multiples of
// the element's size, rows of blocks at multiples of 4, 2 or 1 byte, the largest of these that divides the
// block's size (row_alignment in dtype.h); nothing more is assumed of strides.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace levin {

template <typename T>
__host__ __device__ inline T* offset_bytes(T* pointer, int64_t bytes) {
  return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(pointer) + static_cast<uintptr_t>(bytes));
}

// [rows, columns]
template <typename T>
struct MatrixView {
  T* data;
  int64_t stride0;

  __host__ __device__ T* row(int64_t i) const { return offset_bytes(data, i * stride0); }
};

// [planes, rows, columns]
template <typename T>
struct CubeView {
  T* data;
  int64_t stride0, stride1;

  __host__ __device__ T* row(int64_t i, int64_t j) const {
    return offset_bytes(data, i * stride0 + j * stride1);
  }
};

// A cache of keys or values [pages, Hkv, page_size, D], or a state [slots, H, P, N].
template <typename T>
struct PageView {
  T* data;
  int64_t stride0, stride1, stride2;

  __host__ __device__ T* row(int64_t i, int64_t j, int64_t k) const {
    return offset_bytes(data, i * stride0 + j * stride1 + k * stride2);
  }
};

}  // namespace levin
