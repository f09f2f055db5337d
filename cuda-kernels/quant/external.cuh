// Codes whose scales lie apart: the decoders leave scale to the caller (kExternalScale).
#pragma once

#include "gemm/gemm.h"
#include "quant/codes.cuh"
#include "quant/plain.cuh"
#include "quant/small.cuh"

namespace levin {

template <int kBytes>
struct ExternalFormat {
  static constexpr int kBlockValues = kChunk;
  static constexpr int kBlockBytes = kBytes;
  static constexpr int kScaleGroup = kChunk;
  static constexpr bool kHasOffset = false;
  static constexpr bool kExternalScale = true;
  static constexpr int kTerms = 1;
};

template <typename Plain>
struct ExternalBytes : ExternalFormat<kChunk> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t size, Codes& codes) {
    Plain::decode(row, chunk, quad, size, codes);
  }
};

struct ExternalU4 : ExternalFormat<16> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    set_nibbles(codes, load_u32(row + 16 * chunk + 4 * quad), 0.0f);
  }
};

struct ExternalE2M1 : ExternalFormat<16> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const uint32_t bytes = load_u32(row + 16 * chunk + 4 * quad);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      codes.value[i] = 0.5f * doubled_e2m1(bytes >> (8 * i) & 15);
      codes.value[4 + i] = 0.5f * doubled_e2m1(bytes >> (8 * i + 4) & 15);
    }
  }
};

// Six bits: sign, exponent, mantissa. Neither format has infinities or NaN.
template <int kExponentBits>
__device__ inline float six_bit_float(uint32_t code) {
  constexpr int kMantissaBits = 5 - kExponentBits;
  constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  const uint32_t magnitude = code & 31;
  const uint32_t exponent = magnitude >> kMantissaBits;
  // A subnormal is its mantissa times the smallest step.
  const float step = __uint_as_float(static_cast<uint32_t>(127 + 1 - kBias - kMantissaBits) << 23);
  const float value = exponent == 0 ? float_of_code(magnitude, 0.0f) * step
                                    : __uint_as_float((magnitude << (23 - kMantissaBits)) +
                                                      (static_cast<uint32_t>(127 - kBias) << 23));
  return code & 32 ? -value : value;
}

template <int kExponentBits>
struct ExternalSixBits : ExternalFormat<24> {
  static __device__ void decode(const uint8_t* row, int64_t chunk, int quad, int64_t, Codes& codes) {
    const uint8_t* block = row + 24 * chunk;
    const uint32_t bytes = load_u32(block + 4 * quad);
    const uint32_t first = block[16 + quad];
    const uint32_t second = block[20 + quad];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      codes.value[i] = six_bit_float<kExponentBits>((bytes >> (8 * i) & 15) | (first >> (2 * i) & 3) << 4);
      codes.value[4 + i] = six_bit_float<kExponentBits>((bytes >> (8 * i + 4) & 15) | (second >> (2 * i) & 3) << 4);
    }
  }
};

using ExternalE4M3 = ExternalBytes<F8_E4M3>;
using ExternalE5M2 = ExternalBytes<F8_E5M2>;
using ExternalI8 = ExternalBytes<I8>;
using ExternalE3M2 = ExternalSixBits<3>;
using ExternalE2M3 = ExternalSixBits<2>;

// Sets the scale of a chunk of weight row n, and takes its zero point off the codes.
__device__ inline void apply_external_scale(const ExternalScales& s, int64_t n, int64_t chunk, Codes& codes) {
  const uint32_t row = static_cast<uint32_t>(n) / s.rows_per_scale;
  const uint32_t column = static_cast<uint32_t>(chunk) / s.chunks_per_scale;
  const uint8_t* at = s.scales.row(row);
  float scale;
  if (s.e8m0) {
    const uint32_t e = at[column];
    scale = e == 255 ? quiet_nan() : __uint_as_float(e == 0 ? 0x00400000u : e << 23);
  } else if (s.dtype == DType::kF32) {
    scale = reinterpret_cast<const float*>(at)[column];
  } else {
    const uint16_t bits = reinterpret_cast<const uint16_t*>(at)[column];
    scale = s.dtype == DType::kF16 ? f16_to_float(bits) : bf16_to_float(bits);
  }
  set_scale(codes, scale);
  if (s.zeros.data != nullptr) {
    const float zero = float_of_code(s.zeros.row(row)[column], 0.0f);
#pragma unroll
    for (int i = 0; i < kCodesPerThread; ++i) {
      codes.value[i] -= zero;
    }
  }
}

}  // namespace levin
