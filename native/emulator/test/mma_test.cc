/* mma.sync against sums in double over matrices packed by the PTX manual's tables. */
#include <cmath>
#include <random>

#include "check.h"
#include "emulator/minifloat.h"
#include "ptx/mma.h"

using levin::LaunchShape;
using levin::test::Array;
using levin::test::run;

namespace {

struct MmaParams {
  const uint32_t* a;
  const uint32_t* b;
  const float* c;
  float* d;
};

struct Registers {
  uint32_t a[4];
  uint32_t b[2];
  float c[4];
};

__device__ Registers load(const MmaParams& p) {
  Registers r;
  for (int i = 0; i < 4; ++i) {
    r.a[i] = p.a[threadIdx.x * 4 + i];
    r.c[i] = p.c[threadIdx.x * 4 + i];
  }
  r.b[0] = p.b[threadIdx.x * 2];
  r.b[1] = p.b[threadIdx.x * 2 + 1];
  return r;
}

#define LEVIN_MMA_KERNEL(instruction)                                             \
  __global__ void instruction##_kernel(const __grid_constant__ MmaParams p) {     \
    Registers r = load(p);                                                        \
    levin::instruction(r.c, r.a, r.b, r.c);                                       \
    for (int i = 0; i < 4; ++i) {                                                 \
      p.d[threadIdx.x * 4 + i] = r.c[i];                                          \
    }                                                                             \
  }
LEVIN_MMA_KERNEL(mma_m16n8k16_f16)
LEVIN_MMA_KERNEL(mma_m16n8k16_bf16)
LEVIN_MMA_KERNEL(mma_m16n8k8_tf32)
LEVIN_MMA_KERNEL(mma_m16n8k32_e4m3)
LEVIN_MMA_KERNEL(mma_m16n8k32_e5m2)
LEVIN_MMA_KERNEL(mma_m16n8k32_e4m3_e5m2)

__global__ void mma_m16n8k8_f16_kernel(const __grid_constant__ MmaParams p) {
  Registers r = load(p);
  uint32_t a[2] = {r.a[0], r.a[1]};
  levin::mma_m16n8k8_f16(r.c, a, r.b[0], r.c);
  for (int i = 0; i < 4; ++i) {
    p.d[threadIdx.x * 4 + i] = r.c[i];
  }
}

__global__ void mma_m16n8k32_s8_kernel(const __grid_constant__ MmaParams p) {
  Registers r = load(p);
  int32_t c[4];
  for (int i = 0; i < 4; ++i) {
    c[i] = static_cast<int32_t>(r.c[i]);
  }
  levin::mma_m16n8k32_s8(c, r.a, r.b, c);
  for (int i = 0; i < 4; ++i) {
    p.d[threadIdx.x * 4 + i] = static_cast<float>(c[i]);
  }
}

struct S8 {
  static constexpr int kBits = 8;
  static double decode(uint32_t bits) { return static_cast<int8_t>(bits); }
  static uint32_t encode(double value, levin::emulator::Rounding, bool) {
    return static_cast<uint8_t>(static_cast<int>(std::lrint(value * 40)));
  }
};

struct Tf32 {
  static constexpr int kBits = 32;
  static double decode(uint32_t bits) { return levin::emulator::bit_cast<float>(bits & ~0x1fffu); }
  static uint32_t encode(double value, levin::emulator::Rounding, bool) {
    return levin::emulator::bit_cast<uint32_t>(static_cast<float>(value));
  }
};

/* Register index and bit offset of value (row or column, k) as the manual's tables give them. */
struct Slot {
  int lane;
  int reg;
  int shift;
};

Slot slot_of_a(int row, int k, int per, int groups) {
  int group = k / (4 * per);
  int quad = k % (4 * per) / per;
  return {row % 8 * 4 + quad, row / 8 + 2 * (groups == 1 ? 0 : group), k % per * (32 / per)};
}

Slot slot_of_b(int k, int column, int per) {
  return {column * 4 + k % (4 * per) / per, k / (4 * per), k % per * (32 / per)};
}

template <class A, class B>
void check_mma(void (*kernel)(MmaParams), int k_size, double tolerance) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  int per = 32 / A::kBits;
  int groups = k_size / (4 * per);
  Array<uint32_t> a(128), b(64);
  Array<float> c(128), d(128);
  for (int round = 0; round < 20; ++round) {
    std::memset(a.data(), 0, 512);
    std::memset(b.data(), 0, 256);
    double wide_a[16][32], wide_b[32][8], wide_c[16][8];
    for (int k = 0; k < k_size; ++k) {
      for (int row = 0; row < 16; ++row) {
        uint32_t code = A::encode(normal(random), levin::emulator::Rounding::kNearest, true);
        wide_a[row][k] = A::decode(code);
        Slot s = slot_of_a(row, k, per, groups);
        a[s.lane * 4 + s.reg] |= code << s.shift;
      }
      for (int column = 0; column < 8; ++column) {
        uint32_t code = B::encode(normal(random), levin::emulator::Rounding::kNearest, true);
        wide_b[k][column] = B::decode(code);
        Slot s = slot_of_b(k, column, per);
        b[s.lane * 2 + s.reg] |= code << s.shift;
      }
    }
    for (int i = 0; i < 128; ++i) {
      int row = i / 4 / 4 + i % 4 / 2 * 8;
      int column = i / 4 % 4 * 2 + i % 2;
      c[i] = std::floor(static_cast<float>(normal(random)) * 100);
      wide_c[row][column] = c[i];
    }
    levin::emulator::set_seed(static_cast<uint64_t>(round));
    EQUAL(run(kernel, {1, 32, 0, {1, 1, 1}}, MmaParams{a.data(), b.data(), c.data(), d.data()}), "");
    for (int i = 0; i < 128; ++i) {
      int row = i / 4 / 4 + i % 4 / 2 * 8;
      int column = i / 4 % 4 * 2 + i % 2;
      double want = wide_c[row][column];
      double scale = std::fabs(want);
      for (int k = 0; k < k_size; ++k) {
        want += wide_a[row][k] * wide_b[k][column];
        scale += std::fabs(wide_a[row][k] * wide_b[k][column]);
      }
      EQUAL(std::fabs(d[i] - want) <= tolerance * scale, true);
    }
  }
  levin::emulator::set_seed(1);
}

/* One rounding of float for each of up to 32 additions. */
constexpr double kFloatSums = 32 * 6e-8;

CASE(mma_of_16_bit_types) {
  using levin::emulator::Bfloat16;
  using levin::emulator::Half;
  check_mma<Half, Half>(mma_m16n8k16_f16_kernel, 16, kFloatSums);
  check_mma<Bfloat16, Bfloat16>(mma_m16n8k16_bf16_kernel, 16, kFloatSums);
  check_mma<Half, Half>(mma_m16n8k8_f16_kernel, 8, kFloatSums);
}

CASE(mma_of_tf32) {
  check_mma<Tf32, Tf32>(mma_m16n8k8_tf32_kernel, 8, kFloatSums);
}

CASE(mma_of_8_bit_types) {
  using levin::emulator::E4m3;
  using levin::emulator::E5m2;
  check_mma<E4m3, E4m3>(mma_m16n8k32_e4m3_kernel, 32, kFloatSums);
  check_mma<E5m2, E5m2>(mma_m16n8k32_e5m2_kernel, 32, kFloatSums);
  check_mma<E4m3, E5m2>(mma_m16n8k32_e4m3_e5m2_kernel, 32, kFloatSums);
  check_mma<S8, S8>(mma_m16n8k32_s8_kernel, 32, 0.0);
}

__global__ void mma_in_half_a_warp(const __grid_constant__ MmaParams p) {
  Registers r = load(p);
  if (threadIdx.x < 16) {
    levin::mma_m16n8k16_f16(r.c, r.a, r.b, r.c);
  }
  p.d[threadIdx.x] = r.c[0];
}

CASE(mma_needs_the_whole_warp) {
  Array<uint32_t> a(128), b(64);
  Array<float> c(128), d(128);
  MmaParams params{a.data(), b.data(), c.data(), d.data()};
  CONTAINS(run(mma_in_half_a_warp, {1, 32, 0, {1, 1, 1}}, params), "mma.sync");
}

}  // namespace

int main() {
  return levin::test::run_all();
}
