// Tensor maps of matrices, for copies by TMA. Host only.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Width of the swizzle, and of a box: rows of 128 bytes, 16-byte pieces permuted among eight rows (ptx/tma.h).
constexpr int kSwizzleBytes = 128;

#ifdef LEVIN_EMULATED

inline CUresult encode_tensor_map(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address,
                                  const cuuint64_t* dimensions, const cuuint64_t* strides, const cuuint32_t* box,
                                  const cuuint32_t* element_strides) {
  return cuTensorMapEncodeTiled(map, type, rank, address, dimensions, strides, box, element_strides,
                                CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

#else

// The driver's function, found through the runtime: the library itself is not linked to a driver.
inline CUresult encode_tensor_map(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address,
                                  const cuuint64_t* dimensions, const cuuint64_t* strides, const cuuint32_t* box,
                                  const cuuint32_t* element_strides) {
  static void* const entry = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result;
    constexpr unsigned kSince = 12000;
    const cudaError_t error =
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &found, kSince, cudaEnableDefault, &result);
    return error == cudaSuccess && result == cudaDriverEntryPointSuccess ? found : nullptr;
  }();
  if (entry == nullptr) {
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  return reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(entry)(
      map, type, rank, address, dimensions, strides, box, element_strides, CU_TENSOR_MAP_INTERLEAVE_NONE,
      CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

#endif

// What a matrix must be for a map: rows at multiples of 16 bytes. A single row is asked for no less, so that what
// a product takes does not depend on how many rows it has.
inline bool maps_as_tensor(const void* data, int64_t stride) {
  return reinterpret_cast<uintptr_t>(data) % 16 == 0 && stride > 0 && stride % 16 == 0;
}

// Boxes of box_rows rows by 128 bytes of a matrix [rows, columns], swizzled; zeros beyond it. dtype: BF16, F16, or
// one of a byte. Neither extent is 0.
inline Status encode_matrix(CUtensorMap* map, DType dtype, const MatrixView<const uint8_t>& matrix, int64_t rows,
                            int64_t columns, int box_rows) {
  const int bytes = dtype == DType::kBF16 || dtype == DType::kF16 ? 2 : 1;
  const CUtensorMapDataType type = dtype == DType::kBF16  ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                   : dtype == DType::kF16 ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                                          : CU_TENSOR_MAP_DATA_TYPE_UINT8;
  const cuuint64_t dimensions[] = {static_cast<cuuint64_t>(columns), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(matrix.stride0)};
  const cuuint32_t box[] = {static_cast<cuuint32_t>(kSwizzleBytes / bytes), static_cast<cuuint32_t>(box_rows)};
  const cuuint32_t every[] = {1, 1};
  const CUresult result =
      encode_tensor_map(map, type, 2, const_cast<uint8_t*>(matrix.data), dimensions, strides, box, every);
  return result == CUDA_SUCCESS               ? Status::kOk
         : result == CUDA_ERROR_INVALID_VALUE ? Status::kInvalidArgument
                                              : Status::kInternal;
}

}  // namespace levin
