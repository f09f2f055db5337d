#include "mma_tile.h"

#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace levin::emulator {

namespace {

void multiply_portable(MmaTile& m, int k_size) {
  for (int k = 0; k < k_size; ++k) {
    for (int row = 0; row < kTileRows; ++row) {
      for (int column = 0; column < kTileColumns; ++column) {
        m.d[row][column] = std::fma(m.a[row][k], m.b[k][column], m.d[row][column]);
      }
    }
  }
}

#if defined(__x86_64__)
/* The same operations in the same order, eight columns at once. */
__attribute__((target("avx2,fma"))) void multiply_avx2(MmaTile& m, int k_size) {
  constexpr int kHalf = kTileRows / 2;
  for (int half = 0; half < kTileRows; half += kHalf) {
    __m256 sums[kHalf];
    for (int row = 0; row < kHalf; ++row) {
      sums[row] = _mm256_load_ps(m.d[half + row]);
    }
    for (int k = 0; k < k_size; ++k) {
      __m256 b = _mm256_load_ps(m.b[k]);
      for (int row = 0; row < kHalf; ++row) {
        sums[row] = _mm256_fmadd_ps(_mm256_broadcast_ss(&m.a[half + row][k]), b, sums[row]);
      }
    }
    for (int row = 0; row < kHalf; ++row) {
      _mm256_store_ps(m.d[half + row], sums[row]);
    }
  }
}
#endif

using Multiply = void (*)(MmaTile&, int);

Multiply best_multiply() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return multiply_avx2;
  }
#endif
  return multiply_portable;
}

}  // namespace

void multiply_tile(MmaTile& tile, int k_size) {
  static const Multiply multiply = best_multiply();
  multiply(tile, k_size);
}

}  // namespace levin::emulator
