/* wgmma against sums in double, over every layout that a descriptor can name. */
#include <cmath>
#include <random>

#include "check.h"
#include "emulator/minifloat.h"
#include "ptx/barrier.h"
#include "ptx/wgmma.h"

using levin::LaunchShape;
using levin::WgmmaSwizzle;
using levin::dynamic_shared;
using levin::test::Array;
using levin::test::run;
using levin::emulator::Bfloat16;
using levin::emulator::E4m3;
using levin::emulator::Half;

namespace {

/* Shared memory as a descriptor wants it: the test lays operands out, the kernel only multiplies. */
struct Operand {
  uint32_t offset;
  uint32_t leading;
  uint32_t stride;
  WgmmaSwizzle swizzle;
};

struct ProductParams {
  const uint8_t* shared;
  const uint32_t* a_registers;
  float* d;
  Operand a;
  Operand b;
  int bug;
};

constexpr uint32_t kSharedBytes = 65536;

__device__ void load_shared(const ProductParams& p) {
  uint4* shared = dynamic_shared<uint4>();
  for (uint32_t i = threadIdx.x; i < kSharedBytes / 16; i += blockDim.x) {
    shared[i] = reinterpret_cast<const uint4*>(p.shared)[i];
  }
  levin::fence_proxy_async();
  __syncthreads();
}

__device__ uint64_t descriptor(const Operand& o) {
  return levin::wgmma_descriptor(dynamic_shared<uint8_t>() + o.offset, o.leading, o.stride, o.swizzle);
}

template <int kRegisters>
__device__ void store(const ProductParams& p, const float (&d)[kRegisters]) {
  for (int i = 0; i < kRegisters; ++i) {
    p.d[threadIdx.x * kRegisters + i] = d[i];
  }
}

/* d = a b, then d += a b. */
#define LEVIN_SS_KERNEL(kernel, instruction, registers)                    \
  __global__ void kernel(const __grid_constant__ ProductParams p) {        \
    load_shared(p);                                                        \
    float d[registers];                                                    \
    for (float& value : d) {                                               \
      value = 1000.0f;                                                     \
    }                                                                      \
    levin::wgmma_fence();                                                  \
    levin::instruction(d, descriptor(p.a), descriptor(p.b), false);        \
    levin::instruction(d, descriptor(p.a), descriptor(p.b), true);         \
    levin::wgmma_commit_group();                                           \
    if (p.bug == 0) {                                                      \
      levin::wgmma_wait_group<0>();                                        \
    }                                                                      \
    store(p, d);                                                           \
  }
LEVIN_SS_KERNEL(bf16_n32, wgmma_m64n32k16_bf16_ss, 16)
LEVIN_SS_KERNEL(f16_n256, wgmma_m64n256k16_f16_ss, 128)
LEVIN_SS_KERNEL(e4m3_n64, wgmma_m64n64k32_e4m3_ss, 32)
#define LEVIN_TRANSPOSED wgmma_m64n64k16_f16_ss<true, true>
LEVIN_SS_KERNEL(f16_n64_transposed, LEVIN_TRANSPOSED, 32)

__global__ void bf16_n16_registers(const __grid_constant__ ProductParams p) {
  load_shared(p);
  uint32_t a[4];
  for (int i = 0; i < 4; ++i) {
    a[i] = p.a_registers[threadIdx.x * 4 + i];
  }
  float d[8] = {};
  levin::wgmma_fence();
  levin::wgmma_m64n16k16_bf16_rs(d, a, descriptor(p.b), true);
  levin::wgmma_m64n16k16_bf16_rs(d, a, descriptor(p.b), true);
  levin::wgmma_commit_group();
  levin::wgmma_wait_group<0>();
  store(p, d);
}

/* Byte offset of (row, k) as the layouts of the PTX manual are drawn. */
uint32_t place(const Operand& o, int row, int k, int bytes, bool transposed) {
  uint32_t width = o.swizzle == WgmmaSwizzle::kNone  ? 16
                   : o.swizzle == WgmmaSwizzle::k32 ? 32
                   : o.swizzle == WgmmaSwizzle::k64 ? 64
                                                    : 128;
  uint32_t inner = static_cast<uint32_t>((transposed ? row : k) * bytes);
  uint32_t outer = static_cast<uint32_t>(transposed ? k : row);
  uint32_t at = o.offset + outer % 8 * width + inner % width;
  if (o.swizzle == WgmmaSwizzle::kNone) {
    return at + (transposed ? outer / 8 * o.leading + inner / 16 * o.stride
                            : outer / 8 * o.stride + inner / 16 * o.leading);
  }
  at += outer / 8 * o.stride + inner / width * o.leading;
  uint32_t pieces = width / 16 - 1;
  return at ^ (at / 128 & pieces) * 16;
}

template <class Format>
void check_product(void (*kernel)(ProductParams), int n, Operand a, Operand b, bool transposed,
                   bool in_registers = false) {
  constexpr int kBytes = Format::kBits / 8;
  constexpr int kK = 32 / kBytes;
  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  Array<uint8_t> shared(kSharedBytes);
  Array<uint32_t> registers(512);
  Array<float> d(static_cast<size_t>(64 * n));
  std::memset(shared.data(), 0xff, kSharedBytes);
  std::memset(registers.data(), 0, 2048);
  std::vector<double> wide_a(64 * kK), wide_b(static_cast<size_t>(n * kK));
  auto put = [&](const Operand& o, int row, int k) {
    uint32_t code = Format::encode(normal(random), levin::emulator::Rounding::kNearest, true);
    std::memcpy(shared.data() + place(o, row, k, kBytes, transposed), &code, kBytes);
    return code;
  };
  for (int row = 0; row < 64; ++row) {
    for (int k = 0; k < kK; ++k) {
      uint32_t code = put(a, row, k);
      wide_a[static_cast<size_t>(row * kK + k)] = Format::decode(code);
      int lane = row / 16 * 32 + row % 8 * 4 + k % 8 / 2;
      registers[static_cast<size_t>(lane * 4 + row % 16 / 8 + k / 8 * 2) % 512] |= code << (k % 2 * 16);
    }
  }
  for (int column = 0; column < n; ++column) {
    for (int k = 0; k < kK; ++k) {
      wide_b[static_cast<size_t>(column * kK + k)] = Format::decode(put(b, column, k));
    }
  }
  ProductParams params{shared.data(), in_registers ? registers.data() : nullptr, d.data(), a, b, 0};
  EQUAL(run(kernel, {1, 128, kSharedBytes, {1, 1, 1}}, params), "");
  for (int row = 0; row < 64; ++row) {
    for (int column = 0; column < n; ++column) {
      double want = 0, scale = 0;
      for (int k = 0; k < kK; ++k) {
        double product = wide_a[static_cast<size_t>(row * kK + k)] * wide_b[static_cast<size_t>(column * kK + k)];
        want += 2 * product;
        scale += 2 * std::fabs(product);
      }
      int thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
      float got = d[static_cast<size_t>(thread * (n / 2) + column / 8 * 4 + row % 16 / 8 * 2 + column % 2)];
      EQUAL(std::fabs(got - want) <= 64 * 6e-8 * scale, true);
    }
  }
}

CASE(products_of_swizzled_operands) {
  for (WgmmaSwizzle swizzle : {WgmmaSwizzle::k128, WgmmaSwizzle::k64, WgmmaSwizzle::k32}) {
    uint32_t width = swizzle == WgmmaSwizzle::k128 ? 128 : swizzle == WgmmaSwizzle::k64 ? 64 : 32;
    Operand a{0, 16, 8 * width, swizzle};
    Operand b{16384, 16, 8 * width, swizzle};
    check_product<Bfloat16>(bf16_n32, 32, a, b, false);
    check_product<Half>(f16_n256, 256, a, b, false);
    check_product<E4m3>(e4m3_n64, 64, a, b, false);
  }
}

CASE(products_further_on_within_the_swizzle) {
  /* The second and fourth 16 values of K of rows of 64. */
  Operand a{32, 16, 1024, WgmmaSwizzle::k128};
  Operand b{16384 + 96, 16, 1024, WgmmaSwizzle::k128};
  check_product<Bfloat16>(bf16_n32, 32, a, b, false);
}

CASE(products_of_plain_operands) {
  Operand a{0, 1024, 128, WgmmaSwizzle::kNone};
  Operand b{16384, 128, 256, WgmmaSwizzle::kNone};
  check_product<Bfloat16>(bf16_n32, 32, a, b, false);
  check_product<E4m3>(e4m3_n64, 64, a, b, false);
}

CASE(products_of_transposed_operands) {
  check_product<Half>(f16_n64_transposed, 64, {0, 4096, 1024, WgmmaSwizzle::k128},
                      {16384, 4096, 1024, WgmmaSwizzle::k128}, true);
  check_product<Half>(f16_n64_transposed, 64, {0, 2048, 512, WgmmaSwizzle::k64},
                      {16384, 1024, 4096, WgmmaSwizzle::k64}, true);
  check_product<Half>(f16_n64_transposed, 64, {0, 512, 256, WgmmaSwizzle::k32},
                      {16384, 512, 256, WgmmaSwizzle::k32}, true);
  check_product<Half>(f16_n64_transposed, 64, {0, 1024, 128, WgmmaSwizzle::kNone},
                      {16384, 128, 256, WgmmaSwizzle::kNone}, true);
}

CASE(products_with_a_in_registers) {
  check_product<Bfloat16>(bf16_n16_registers, 16, {0, 16, 1024, WgmmaSwizzle::k128},
                          {16384, 16, 1024, WgmmaSwizzle::k128}, false, true);
}

CASE(wgmma_bugs_are_reported) {
  Array<uint8_t> shared(kSharedBytes);
  Array<float> d(64 * 32);
  std::memset(shared.data(), 0, kSharedBytes);
  Operand plain{0, 16, 1024, WgmmaSwizzle::k128};
  ProductParams params{shared.data(), nullptr, d.data(), plain, plain, 1};
  CONTAINS(run(bf16_n32, {1, 128, kSharedBytes, {1, 1, 1}}, params), "without waiting for its wgmma");
  params.bug = 0;
  CONTAINS(run(bf16_n32, {1, 96, kSharedBytes, {1, 1, 1}}, params), "four warps");
  params.b.offset = kSharedBytes - 1024;
  CONTAINS(run(bf16_n32, {1, 128, kSharedBytes, {1, 1, 1}}, params), "out-of-bounds read");
}

}  // namespace

int main() {
  return levin::test::run_all();
}
