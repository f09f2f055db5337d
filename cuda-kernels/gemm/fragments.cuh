// Registers of one mma step: 16 weight rows by 8 activation rows by a chunk of 32 values of K.
//
// Weights are the 16-row operand, so that a token is a column, whose sums no other column touches. Lane
// l = 4g + q holds of weight rows g and g + 8, and of activation row g, values 4q .. 4q + 3 of either half of the
// chunk; of the results it holds rows g and g + 8, columns 2q and 2q + 1.
//
// Activations, and weights that need it, are sums of two bfloat16 numbers, 16 bits together; the product of the
// two small terms is left out, as it is below 2^-17 of the whole.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/activations.cuh"
#include "common/numeric.cuh"
#include "ptx/mma.h"
#include "quant/codes.cuh"
#include "quant/external.cuh"

namespace levin {

// Two numbers that bfloat16 holds exactly; the first in the low half.
__device__ inline uint32_t pack_exact_bf16(float first, float second) {
  return __byte_perm(__float_as_uint(first), __float_as_uint(second), 0x7632);
}

// The nearest bfloat16 to a value, as float32. Infinities and NaN stay what they are.
__device__ inline float round_to_bf16(float value) { return bf16_to_float(bf16_of(value)); }

// What rounding left over; nothing where there is no number.
__device__ inline float rest_after(float value, float rounded) {
  return fabsf(rounded) < kInfinity ? value - rounded : 0.0f;
}

// Eight values of a thread as two registers a half.
struct SplitValues {
  uint32_t high[4];
  uint32_t low[4];

  __device__ static SplitValues of(const float (&values)[kCodesPerThread]) {
    SplitValues split;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float a = round_to_bf16(values[2 * i]);
      const float b = round_to_bf16(values[2 * i + 1]);
      split.high[i] = pack_exact_bf16(a, b);
      split.low[i] = pack_exact_bf16(round_to_bf16(rest_after(values[2 * i], a)),
                                     round_to_bf16(rest_after(values[2 * i + 1], b)));
    }
    return split;
  }
};

// Both weight rows of a lane.
template <typename Format>
struct WeightFragment {
  uint32_t high[2][4];  // [half][register]
  uint32_t low[2][4];   // of formats with two terms
  float scale[2][2];    // [row][half]
  float offset[2][2];

  // n0 and n1 are the rows' indices, for formats whose scales lie apart.
  __device__ void decode(const uint8_t* row0, const uint8_t* row1, int64_t chunk, int quad, int64_t k,
                         const ExternalScales& scales, int64_t n0, int64_t n1) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      Codes codes;
      Format::decode(r == 0 ? row0 : row1, chunk, quad, k, codes);
      if constexpr (Format::kExternalScale) {
        apply_external_scale(scales, r == 0 ? n0 : n1, chunk, codes);
      }
      set_row(r, codes);
    }
  }

  // The same for formats that carry their scales; rows that are null are zeros.
  __device__ void decode_or_zeros(const uint8_t* row0, const uint8_t* row1, int64_t chunk, int quad, int64_t k) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const uint8_t* row = r == 0 ? row0 : row1;
      Codes codes = {};
      if (row != nullptr) {
        Format::decode(row, chunk, quad, k, codes);
      }
      set_row(r, codes);
    }
  }

 private:
  // Registers 0 and 2 are of row g, 1 and 3 of row g + 8.
  __device__ void set_row(int r, const Codes& codes) {
    if (Format::kTerms == 2) {
      const SplitValues split = SplitValues::of(codes.value);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        high[i / 2][r + 2 * (i % 2)] = split.high[i];
        low[i / 2][r + 2 * (i % 2)] = split.low[i];
      }
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        high[i / 2][r + 2 * (i % 2)] = pack_exact_bf16(codes.value[2 * i], codes.value[2 * i + 1]);
      }
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      scale[r][half] = codes.scale[half];
      offset[r][half] = codes.offset[half];
    }
  }
};

// The activation row of a lane, and sums over either half of the two rows that its results belong to.
struct ActivationFragment {
  uint32_t high[2][2];  // [half][register]
  uint32_t low[2][2];
  float sums[2][2];  // [half][column]
};

// acc += weights . activations over one chunk, columns in the order of the mma's results. Without low_terms the
// activations are bfloat16 numbers as they are. All lanes must agree.
template <typename Format>
__device__ inline void multiply_chunk(const WeightFragment<Format>& w, const ActivationFragment& x, bool low_terms,
                                      float (&acc)[4]) {
  float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float(&sum)[4] = Format::kScaleGroup == 0 ? acc : part;
    mma_m16n8k16_bf16(sum, w.high[half], x.high[half], sum);
    if (low_terms) {
      mma_m16n8k16_bf16(sum, w.high[half], x.low[half], sum);
    }
    if (Format::kTerms == 2) {
      mma_m16n8k16_bf16(sum, w.low[half], x.high[half], sum);
    }
    if (Format::kScaleGroup == kHalfChunk || (Format::kScaleGroup != 0 && half == 1)) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        acc[i] = fmaf(w.scale[i / 2][half], part[i], acc[i]);
        part[i] = 0.0f;
      }
    }
    if (Format::kHasOffset) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        acc[i] = fmaf(w.offset[i / 2][half], x.sums[half][i % 2], acc[i]);
      }
    }
  }
}

// How activations lie in memory.
struct ActivationSource {
  int64_t k;
  DType dtype;
  bool vectors;  // rows begin at multiples of 16 bytes

  // Whether values need a second bfloat16 number.
  __device__ bool low_terms() const { return dtype == DType::kF32 || dtype == DType::kF16; }
};

// Types of 8 bits, which activations of quantised checkpoints have besides those of activations.cuh.
__device__ inline float load_byte(const uint8_t* row, int64_t at, DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return static_cast<float>(reinterpret_cast<const int8_t*>(row)[at]);
    case DType::kF8_E4M3:
      return e4m3_to_float(row[at]);
    case DType::kF8_E5M2:
      return e5m2_to_float(row[at]);
    default:
      return 0.0f;
  }
}

// Values 4q .. 4q + 3 of both halves of a chunk of an activation row; zeros past its end or without a row.
__device__ inline void load_activations(const uint8_t* row, int64_t chunk, int quad,
                                        const ActivationSource& source, float (&values)[kCodesPerThread]) {
  if (!is_activation_type(source.dtype)) {
#pragma unroll
    for (int i = 0; i < kCodesPerThread; ++i) {
      const int64_t at = chunk * kChunk + i / 4 * kHalfChunk + 4 * quad + i % 4;
      values[i] = row != nullptr && at < source.k ? load_byte(row, at, source.dtype) : 0.0f;
    }
    return;
  }
  const int64_t start = chunk * kChunk + 4 * quad;
  const int64_t size = row == nullptr ? 0 : source.k;
  const float4 first = read_activations4(row, start, size, source.dtype, source.vectors);
  const float4 second = read_activations4(row, start + kHalfChunk, size, source.dtype, source.vectors);
  values[0] = first.x;
  values[1] = first.y;
  values[2] = first.z;
  values[3] = first.w;
  values[4] = second.x;
  values[5] = second.y;
  values[6] = second.z;
  values[7] = second.w;
}

// The sum over a half of the lane's activation row; every lane of the quad gets it.
__device__ inline float half_sum(const float (&values)[kCodesPerThread], int half) {
  float sum = (values[4 * half] + values[4 * half + 1]) + (values[4 * half + 2] + values[4 * half + 3]);
  sum += __shfl_xor_sync(kAllLanes, sum, 1);
  return sum + __shfl_xor_sync(kAllLanes, sum, 2);
}

}  // namespace levin
