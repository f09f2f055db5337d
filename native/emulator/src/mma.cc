/*
 * The warp's product is made once, by the last lane to arrive: fragments are widened to matrices of float,
 * multiplied in the order of K, and dealt out again. A device adds in an order of its own with more bits
 * than float; results agree to float's rounding.
 */
#include "emulator/mma.h"

#include <cmath>
#include <cstring>

#include "block.h"
#include "emulator/minifloat.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace levin::emulator {

namespace {

constexpr int kRows = 16;
constexpr int kColumns = 8;
constexpr int kMaxK = 32;

struct Matrices {
  alignas(32) float a[kRows][kMaxK];
  alignas(32) float b[kMaxK][kColumns];
  alignas(32) float d[kRows][kColumns];
};

void multiply_portable(Matrices& m, int k_size) {
  for (int k = 0; k < k_size; ++k) {
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kColumns; ++column) {
        m.d[row][column] = std::fma(m.a[row][k], m.b[k][column], m.d[row][column]);
      }
    }
  }
}

#if defined(__x86_64__)
/* The same operations in the same order, eight columns at once. */
__attribute__((target("avx2,fma"))) void multiply_avx2(Matrices& m, int k_size) {
  constexpr int kHalf = kRows / 2;
  for (int half = 0; half < kRows; half += kHalf) {
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

using Multiply = void (*)(Matrices&, int);

Multiply best_multiply() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return multiply_avx2;
  }
#endif
  return multiply_portable;
}

template <class Format>
struct EightBitTable {
  float values[256];
  EightBitTable() {
    for (uint32_t code = 0; code < 256; ++code) {
      values[code] = static_cast<float>(Format::decode(code));
    }
  }
  static const EightBitTable& instance() {
    static const EightBitTable table;
    return table;
  }
};

struct F16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(uint32_t bits, float* to) {
    to[0] = half_to_float(static_cast<uint16_t>(bits));
    to[1] = half_to_float(static_cast<uint16_t>(bits >> 16));
  }
};

struct Bf16Decoder {
  static constexpr int kPerRegister = 2;
  static void widen(uint32_t bits, float* to) {
    to[0] = bit_cast<float>(bits << 16);
    to[1] = bit_cast<float>(bits & 0xffff0000u);
  }
};

struct Tf32Decoder {
  static constexpr int kPerRegister = 1;
  /* A device ignores the low 13 bits. */
  static void widen(uint32_t bits, float* to) { to[0] = bit_cast<float>(bits & 0xffffe000u); }
};

template <class Format>
struct EightBitDecoder {
  static constexpr int kPerRegister = 4;
  static void widen(uint32_t bits, float* to) {
    const float* values = EightBitTable<Format>::instance().values;
    for (int i = 0; i < 4; ++i) {
      to[i] = values[bits >> (8 * i) & 255u];
    }
  }
};

/* Lane 4g + q holds of row g (even registers of a) and g + 8 (odd ones) values e q .. e q + e - 1 of each
   group of 4e, where e is how many a register holds; of b the same of column g. */
template <class DecoderA, class DecoderB, int kGroups>
void perform_mma(const Lanes& lanes) {
  static const Multiply multiply = best_multiply();
  constexpr int kPer = DecoderA::kPerRegister;
  static_assert(kPer == DecoderB::kPerRegister, "both operands have the same width");
  constexpr int kK = kGroups * 4 * kPer;
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  Matrices m;
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    int g = lane / 4;
    int q = lane % 4;
    for (int group = 0; group < kGroups; ++group) {
      int k = group * 4 * kPer + kPer * q;
      DecoderA::widen(l.a[2 * group], &m.a[g][k]);
      DecoderA::widen(l.a[2 * group + 1], &m.a[g + 8][k]);
      float column[4];
      DecoderB::widen(l.b[group], column);
      for (int i = 0; i < kPer; ++i) {
        m.b[k + i][g] = column[i];
      }
    }
    std::memcpy(&m.d[g][2 * q], l.c, 8);
    std::memcpy(&m.d[g + 8][2 * q], l.c + 2, 8);
  }
  multiply(m, kK);
  for (int lane = 0; lane < kWarp; ++lane) {
    const MmaLane& l = *lanes.of<MmaLane>(lane);
    std::memcpy(l.d, &m.d[lane / 4][2 * (lane % 4)], 8);
    std::memcpy(l.d + 2, &m.d[lane / 4 + 8][2 * (lane % 4)], 8);
  }
}

void perform_mma_s8(const Lanes& lanes) {
  constexpr int kK = 32;
  if (lanes.mask != ~0u) {
    fault("mma.sync needs all 32 lanes");
  }
  int16_t a[kRows][kK];
  int16_t b[kColumns][kK];
  uint32_t d[kRows][kColumns];
  for (int lane = 0; lane < kWarp; ++lane) {
    const IntegerMmaLane& l = *lanes.of<IntegerMmaLane>(lane);
    int g = lane / 4;
    int q = lane % 4;
    for (int i = 0; i < 16; ++i) {
      int k = i / 8 * 16 + 4 * q + i % 4;
      a[g + i / 4 % 2 * 8][k] = static_cast<int8_t>(l.a[i / 4] >> (i % 4 * 8));
    }
    for (int i = 0; i < 8; ++i) {
      b[g][i / 4 * 16 + 4 * q + i % 4] = static_cast<int8_t>(l.b[i / 4] >> (i % 4 * 8));
    }
    std::memcpy(&d[g][2 * q], l.c, 8);
    std::memcpy(&d[g + 8][2 * q], l.c + 2, 8);
  }
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      int32_t sum = 0;
      for (int k = 0; k < kK; ++k) {
        sum += a[row][k] * b[column][k];
      }
      d[row][column] += static_cast<uint32_t>(sum);
    }
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    const IntegerMmaLane& l = *lanes.of<IntegerMmaLane>(lane);
    std::memcpy(l.d, &d[lane / 4][2 * (lane % 4)], 8);
    std::memcpy(l.d + 2, &d[lane / 4 + 8][2 * (lane % 4)], 8);
  }
}

using E4m3Decoder = EightBitDecoder<E4m3>;
using E5m2Decoder = EightBitDecoder<E5m2>;

constexpr Collective kMma[] = {{"mma.sync.f16", perform_mma<F16Decoder, F16Decoder, 2>},
                               {"mma.sync.bf16", perform_mma<Bf16Decoder, Bf16Decoder, 2>},
                               {"mma.sync.tf32", perform_mma<Tf32Decoder, Tf32Decoder, 2>},
                               {"mma.sync.e4m3", perform_mma<E4m3Decoder, E4m3Decoder, 2>},
                               {"mma.sync.e5m2", perform_mma<E5m2Decoder, E5m2Decoder, 2>},
                               {"mma.sync.e4m3.e5m2", perform_mma<E4m3Decoder, E5m2Decoder, 2>},
                               {"mma.sync.e5m2.e4m3", perform_mma<E5m2Decoder, E4m3Decoder, 2>}};
constexpr Collective kMmaHalfK[] = {{"mma.sync.m16n8k8.f16", perform_mma<F16Decoder, F16Decoder, 1>},
                                    {"mma.sync.m16n8k8.bf16", perform_mma<Bf16Decoder, Bf16Decoder, 1>}};
constexpr Collective kMmaS8{"mma.sync.s8", perform_mma_s8};

}  // namespace

void mma(MmaType type, MmaLane lane, Location where) {
  warp_collective(kMma[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_half_k(MmaType type, MmaLane lane, Location where) {
  warp_collective(kMmaHalfK[static_cast<int>(type)], ~0u, &lane, where);
}

void mma_s8(IntegerMmaLane lane, Location where) {
  warp_collective(kMmaS8, ~0u, &lane, where);
}

}  // namespace levin::emulator
