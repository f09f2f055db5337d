// quantize_blocks: activations as MXFP8, MXFP4 or NVFP4. A thread has eight values of a row; the two or four
// threads of a block agree on its largest magnitude.
#include "common/half.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/block_scaled.h"

namespace levin {
namespace {

constexpr int kThreads = 256;
constexpr int kValuesPerThread = 8;

// E2M1: two bits of exponent, one of mantissa, up to 6.
__device__ uint32_t e2m1_of(float value) {
  const uint32_t code = small_float_code(value, 1, 1);
  return (__float_as_uint(value) >> 28 & 8) | (code < 7 ? code : 7u);
}

__device__ float load_value(const uint8_t* row, int64_t at, DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return f16_to_float(reinterpret_cast<const uint16_t*>(row)[at]);
    case DType::kBF16:
      return bf16_to_float(reinterpret_cast<const uint16_t*>(row)[at]);
    default:
      return reinterpret_cast<const float*>(row)[at];
  }
}

// 2^e for e from -127 to 127.
__device__ float power_of_two(int e) {
  return __uint_as_float(e == -127 ? 0x00400000u : static_cast<uint32_t>(e + 127) << 23);
}

struct BlockScale {
  uint8_t code;
  float divisor;  // of values; 0: all codes are 0
};

// Largest: bits of the largest magnitude, of which those of infinities and NaN exceed all numbers'.
__device__ BlockScale scale_of(uint32_t largest, float scale, BlockFormat format) {
  constexpr uint32_t kInfinityBits = 0x7f800000u;
  if (format == BlockFormat::kNVFP4) {
    if (largest >= kInfinityBits) {
      return {0x7f, 0.0f};
    }
    const uint8_t code = e4m3_of(__uint_as_float(largest) / scale / 6.0f);
    return {code, e4m3_to_float(code) * scale};
  }
  if (largest >= kInfinityBits) {
    return {255, 0.0f};
  }
  // Of the largest code: 6 or 448.
  const int exponent_of_format = format == BlockFormat::kMXFP8 ? 8 : 2;
  const uint32_t bits = __float_as_uint(__uint_as_float(largest) / scale);
  const int exponent = static_cast<int>(bits >> 23) - 127 - exponent_of_format;
  const int e = exponent < -127 ? -127 : exponent > 127 ? 127 : exponent;
  return {static_cast<uint8_t>(e + 127), power_of_two(e) * scale};
}

__global__ void __launch_bounds__(kThreads)
    quantize_blocks_kernel(const __grid_constant__ QuantizeBlocksParams p) {
  const int64_t per_row = p.k / kValuesPerThread;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const bool exists = item < p.tokens * per_row;
  const int64_t t = exists ? item / per_row : 0;
  const int64_t at = exists ? item % per_row * kValuesPerThread : 0;
  float values[kValuesPerThread];
  uint32_t largest = 0;
#pragma unroll
  for (int i = 0; i < kValuesPerThread; ++i) {
    values[i] = exists ? load_value(p.x.row(t), at + i, p.x_dtype) : 0.0f;
    const uint32_t magnitude = __float_as_uint(values[i]) & 0x7fffffffu;
    largest = largest < magnitude ? magnitude : largest;
  }
  const int64_t block = block_values(p.format);
  for (int distance = static_cast<int>(block) / kValuesPerThread / 2; distance > 0; distance /= 2) {
    const uint32_t other = __shfl_xor_sync(kAllLanes, largest, distance);
    largest = largest < other ? other : largest;
  }
  if (!exists) {
    return;
  }
  const BlockScale scale = scale_of(largest, p.scale, p.format);
  if (at % block == 0) {
    p.out.scales.row(t)[at / block] = scale.code;
  }
  uint8_t* codes = p.out.codes.row(t) + (p.format == BlockFormat::kMXFP8 ? at : at / 2);
#pragma unroll
  for (int i = 0; i < kValuesPerThread; i += 2) {
    const float first = scale.divisor == 0.0f ? 0.0f : values[i] / scale.divisor;
    const float second = scale.divisor == 0.0f ? 0.0f : values[i + 1] / scale.divisor;
    if (p.format == BlockFormat::kMXFP8) {
      codes[i] = e4m3_of(first);
      codes[i + 1] = e4m3_of(second);
    } else {
      codes[i / 2] = static_cast<uint8_t>(e2m1_of(first) | e2m1_of(second) << 4);
    }
  }
}

}  // namespace

Status quantize_blocks(const QuantizeBlocksParams& p, cudaStream_t stream) {
  const bool x_is_float = p.x_dtype == DType::kF32 || p.x_dtype == DType::kF16 || p.x_dtype == DType::kBF16;
  if (!x_is_float || p.k % 32 != 0 ||
      !all_multiples_of(row_alignment(p.x_dtype), address_of(p.x.data), p.x.stride0)) {
    return Status::kInvalidArgument;
  }
  if (p.tokens == 0 || p.k == 0) {
    return Status::kOk;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(p.tokens * p.k / kValuesPerThread, kThreads)));
  shape.block = dim3(kThreads);
  return launch(quantize_blocks_kernel, shape, stream, p);
}

}  // namespace levin
