// Registers of products whose operands are bytes: 16 weight rows by 8 activation rows by a block of 128 values.
//
// Both sides have K in the same order, which a product may choose freely: lane 4g + q holds of a row values
// 16q .. 16q + 15 and 64 + 16q .. 64 + 16q + 15 of the block, two 16-byte loads, which are four steps of mma. Of
// the results it holds rows g and g + 8, columns 2q and 2q + 1.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "gemm/gemm.h"
#include "ptx/ld_st.h"
#include "ptx/mma.h"

namespace levin {

constexpr int kPieceBytes = 16;

// A lane's part of a row.
struct ByteFragment {
  uint4 half[2];

  __device__ uint32_t word(int step, int i) const {
    const uint4& v = half[step / 2];
    return step % 2 == 0 ? (i == 0 ? v.x : v.y) : (i == 0 ? v.z : v.w);
  }
};

// Bytes [at, at + 16) of a row of size; zeros past its end. With vectors rows begin at multiples of 16.
__device__ inline uint4 load_piece(const uint8_t* row, int64_t at, int64_t size, bool vectors) {
  if (vectors && at + kPieceBytes <= size) {
    return ld_global_nc(reinterpret_cast<const uint4*>(row + at));
  }
  uint32_t words[4] = {};
#pragma unroll
  for (int i = 0; i < kPieceBytes; ++i) {
    if (at + i < size) {
      words[i / 4] |= static_cast<uint32_t>(row[at + i]) << (i % 4 * 8);
    }
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

__device__ inline ByteFragment load_fragment(const uint8_t* row, int64_t block, int quad, int64_t size,
                                             bool vectors) {
  const int64_t at = block * kScaleBlock + kPieceBytes * quad;
  return {load_piece(row, at, size, vectors), load_piece(row, at + kScaleBlock / 2, size, vectors)};
}

// Bytes 2i and 2i + 1 of four as two f16 numbers, exactly.
__device__ inline uint32_t halves_of_e4m3(uint32_t bytes, int i) {
  const uint32_t spread = (bytes >> (16 * i) & 0xff) << 8 | (bytes >> (16 * i + 8) & 0xff) << 24;
  const uint32_t magnitude = (spread & 0x7f007f00u) >> 1;
  // The exponent's bias is 8 less than that of f16.
  const __half2 scaled = __hmul2(__halves2half2(__ushort_as_half(static_cast<unsigned short>(magnitude)),
                                                __ushort_as_half(static_cast<unsigned short>(magnitude >> 16))),
                                 __halves2half2(__ushort_as_half(0x5c00), __ushort_as_half(0x5c00)));
  const uint32_t bits =
      __half_as_ushort(__low2half(scaled)) | static_cast<uint32_t>(__half_as_ushort(__high2half(scaled))) << 16;
  // Only the NaN's magnitude carries into bit 14.
  const uint32_t nan = (magnitude + 0x00800080u) & 0x40004000u;
  return bits | (spread & 0x80008000u) | nan | (nan - (nan >> 5));
}

// E5M2 is f16 without the low byte.
__device__ inline uint32_t halves_of_e5m2(uint32_t bytes, int i) {
  return (bytes >> (16 * i) & 0xff) << 8 | (bytes >> (16 * i + 8) & 0xff) << 24;
}

// FP8 by FP8, each of either kind. Weights are a, activations b. The kinds are the same for a whole launch, so
// that one kernel serves all four pairs.
struct F8ByF8 {
  using Sum = float;
  bool weight_e5m2, activation_e5m2;

  __device__ void multiply(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) const {
    if constexpr (kHasFp8Mma) {
      if (weight_e5m2) {
        activation_e5m2 ? mma_m16n8k32_e5m2(d, a, b, d) : mma_m16n8k32_e5m2_e4m3(d, a, b, d);
      } else {
        activation_e5m2 ? mma_m16n8k32_e4m3_e5m2(d, a, b, d) : mma_m16n8k32_e4m3(d, a, b, d);
      }
    } else {
      multiply_halves(d, a, b);
    }
  }

 private:
  __device__ void multiply_halves(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) const {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint32_t wide_a[4];
      uint32_t wide_b[2];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        for (int r = 0; r < 2; ++r) {
          const uint32_t bytes = a[2 * half + r];
          wide_a[2 * i + r] = weight_e5m2 ? halves_of_e5m2(bytes, i) : halves_of_e4m3(bytes, i);
        }
        wide_b[i] = activation_e5m2 ? halves_of_e5m2(b[half], i) : halves_of_e4m3(b[half], i);
      }
      mma_m16n8k16_f16(d, wide_a, wide_b, d);
    }
  }
};

struct I8ByI8 {
  using Sum = int32_t;
  __device__ void multiply(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) const {
    mma_m16n8k32_s8(d, a, b, d);
  }
};

// sum += weight rows g and g + 8 times activation rows, over a block.
template <typename Product>
__device__ inline void multiply_block(const Product& product, typename Product::Sum (&sum)[4],
                                      const ByteFragment (&w)[2], const ByteFragment& x) {
#pragma unroll
  for (int step = 0; step < 4; ++step) {
    const uint32_t a[4] = {w[0].word(step, 0), w[1].word(step, 0), w[0].word(step, 1), w[1].word(step, 1)};
    const uint32_t b[2] = {x.word(step, 0), x.word(step, 1)};
    product.multiply(sum, a, b);
  }
}

}  // namespace levin
