#include "mma_tile.h"

#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace levin::emulator {

namespace {

void multiply_portable(MmaTile& tile, int per_register, int registers) {
  for (int r = 0; r < registers; ++r) {
    for (int i = 0; i < per_register; ++i) {
      for (int row = 0; row < kTileRows; ++row) {
        for (int column = 0; column < kTileColumns; ++column) {
          tile.d[row][column] = std::fma(tile.a[i][row][r], tile.b[i][r][column], tile.d[row][column]);
        }
      }
    }
  }
}

void widen_half_portable(const uint32_t* bits, int count, float* planes, int plane) {
  for (int i = 0; i < count; ++i) {
    planes[i] = half_to_float(static_cast<uint16_t>(bits[i]));
    planes[plane + i] = half_to_float(static_cast<uint16_t>(bits[i] >> 16));
  }
}

#if defined(__x86_64__)
#define LEVIN_AVX2 __attribute__((target("avx2,fma,f16c")))

/* The same operations in the same order, eight columns at once. */
LEVIN_AVX2 void multiply_avx2(MmaTile& tile, int per_register, int registers) {
  constexpr int kHalf = kTileRows / 2;
  for (int half = 0; half < kTileRows; half += kHalf) {
    __m256 sums[kHalf];
#pragma GCC unroll 8
    for (int row = 0; row < kHalf; ++row) {
      sums[row] = _mm256_load_ps(tile.d[half + row]);
    }
    for (int r = 0; r < registers; ++r) {
      for (int i = 0; i < per_register; ++i) {
        __m256 b = _mm256_load_ps(tile.b[i][r]);
#pragma GCC unroll 8
        for (int row = 0; row < kHalf; ++row) {
          sums[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(&tile.a[i][half + row][r]), b, sums[row]);
        }
      }
    }
#pragma GCC unroll 8
    for (int row = 0; row < kHalf; ++row) {
      _mm256_store_ps(tile.d[half + row], sums[row]);
    }
  }
}

LEVIN_AVX2 void widen_half_avx2(const uint32_t* bits, int count, float* planes, int plane) {
  const __m256i low_half = _mm256_set1_epi32(0xffff);
  for (int i = 0; i < count; i += 8) {
    __m256i packed = _mm256_load_si256(reinterpret_cast<const __m256i*>(bits + i));
    /* Packing works on either half of the vector; the permutation puts all low halves first. */
    __m256i parted = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_and_si256(packed, low_half), _mm256_srli_epi32(packed, 16)), 0xd8);
    _mm256_store_ps(planes + i, _mm256_cvtph_ps(_mm256_castsi256_si128(parted)));
    _mm256_store_ps(planes + plane + i, _mm256_cvtph_ps(_mm256_extracti128_si256(parted, 1)));
  }
}
#endif

struct Kernels {
  void (*multiply)(MmaTile&, int, int) = multiply_portable;
  void (*widen_half)(const uint32_t*, int, float*, int) = widen_half_portable;

  Kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
      multiply = multiply_avx2;
      widen_half = widen_half_avx2;
    }
#endif
  }
};

const Kernels& kernels() {
  static const Kernels best;
  return best;
}

}  // namespace

void multiply_planes(MmaTile& tile, int per_register, int registers) {
  kernels().multiply(tile, per_register, registers);
}

void F16Decoder::widen(const uint32_t* bits, int count, float* planes, int plane) {
  kernels().widen_half(bits, count, planes, plane);
}

}  // namespace levin::emulator
