/* Block-scaled mma.sync against sums in double, values and scales packed by the PTX manual's tables. */
#include "ptx/block_scaled_mma.h"

#include <cmath>
#include <random>

#include "check.h"
#include "emulator/minifloat.h"

using levin::LaunchShape;
using levin::test::Array;
using levin::test::run;

namespace {

struct MmaParams {
  const uint32_t* a;
  const uint32_t* b;
  const uint32_t* scales; /* of a, of b */
  float* d;
};

#define LEVIN_MMA_KERNEL(instruction)                                                               \
  __global__ void instruction##_kernel(const __grid_constant__ MmaParams p) {                       \
    const unsigned lane = threadIdx.x;                                                              \
    const uint32_t a[4] = {p.a[lane * 4], p.a[lane * 4 + 1], p.a[lane * 4 + 2], p.a[lane * 4 + 3]}; \
    const uint32_t b[2] = {p.b[lane * 2], p.b[lane * 2 + 1]};                                       \
    float d[4] = {1.0f, 2.0f, 3.0f, 4.0f};                                                          \
    levin::instruction(d, a, b, d, p.scales[lane], p.scales[32 + lane]);                            \
    for (int i = 0; i < 4; ++i) {                                                                   \
      p.d[lane * 4 + i] = d[i];                                                                     \
    }                                                                                               \
  }
LEVIN_MMA_KERNEL(mma_m16n8k64_nvf4)
LEVIN_MMA_KERNEL(mma_m16n8k64_mxf4)
LEVIN_MMA_KERNEL(mma_m16n8k32_mxf8)

double ue4m3(uint32_t byte) { return levin::emulator::E4m3::decode(byte & 0x7f); }
double ue8m0(uint32_t byte) { return std::ldexp(1.0, static_cast<int>(byte) - 127); }

template <class Element>
void check_mma(void (*kernel)(MmaParams), int bits, int scale_values, double (*scale)(uint32_t), uint32_t lowest) {
  std::mt19937 random(9);
  const int per = 32 / bits;
  const int k_size = 8 * per;
  Array<uint32_t> a(128), b(64), scales(64);
  Array<float> d(128);
  double wide_a[16][64], wide_b[64][8];
  uint32_t scale_a[16], scale_b[8];
  for (uint32_t& word : scale_a) {
    word = lowest * 0x01010101u + (random() & 0x07070707u);
  }
  for (uint32_t& word : scale_b) {
    word = lowest * 0x01010101u + (random() & 0x07070707u);
  }
  for (int lane = 0; lane < 32; ++lane) {
    /* Lanes that the manual does not name hold anything. */
    const int q = lane % 4;
    scales[lane] = q < 2 ? scale_a[lane / 4 + 8 * q] : 0xffffffffu;
    scales[32 + lane] = q == 0 ? scale_b[lane / 4] : 0xffffffffu;
  }
  std::memset(a.data(), 0, 512);
  std::memset(b.data(), 0, 256);
  for (int k = 0; k < k_size; ++k) {
    const int half = k / (4 * per);
    const int quad = k % (4 * per) / per;
    const int shift = k % per * bits;
    const int byte = k / scale_values * 8;
    const uint32_t mask = (1u << bits) - 1;
    for (int row = 0; row < 16; ++row) {
      uint32_t code = static_cast<uint32_t>(random()) & mask;
      code = bits == 8 && (code & 0x7f) == 0x7f ? 0u : code;
      wide_a[row][k] = Element::decode(code) * scale(scale_a[row] >> byte & 255u);
      a[(row % 8 * 4 + quad) * 4 + row / 8 + 2 * half] |= code << shift;
    }
    for (int column = 0; column < 8; ++column) {
      uint32_t code = static_cast<uint32_t>(random()) & mask;
      code = bits == 8 && (code & 0x7f) == 0x7f ? 0u : code;
      wide_b[k][column] = Element::decode(code) * scale(scale_b[column] >> byte & 255u);
      b[(column * 4 + quad) * 2 + half] |= code << shift;
    }
  }
  EQUAL(run(kernel, {1, 32, 0, {1, 1, 1}}, MmaParams{a.data(), b.data(), scales.data(), d.data()}), "");
  for (int i = 0; i < 128; ++i) {
    const int row = i / 16 + i % 4 / 2 * 8;
    const int column = i / 4 % 4 * 2 + i % 2;
    double want = i % 4 + 1;
    double size = want;
    for (int k = 0; k < k_size; ++k) {
      want += wide_a[row][k] * wide_b[k][column];
      size += std::fabs(wide_a[row][k] * wide_b[k][column]);
    }
    EQUAL(std::fabs(d[i] - want) <= 64 * 6e-8 * size, true);
  }
}

CASE(nvfp4_has_a_scale_for_16_values) {
  check_mma<levin::emulator::E2m1>(mma_m16n8k64_nvf4_kernel, 4, 16, ue4m3, 0x30);
}

CASE(mxfp4_has_a_scale_for_32_values) {
  check_mma<levin::emulator::E2m1>(mma_m16n8k64_mxf4_kernel, 4, 32, ue8m0, 124);
}

CASE(mxfp8_has_a_scale_for_32_values) {
  check_mma<levin::emulator::E4m3>(mma_m16n8k32_mxf8_kernel, 8, 32, ue8m0, 124);
}

}  // namespace

int main() { return levin::test::run_all(); }
