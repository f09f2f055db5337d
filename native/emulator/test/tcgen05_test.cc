/* tcgen05 products against sums in double, and what it does not let pass. */
#include "ptx/tcgen05.h"

#include <cmath>
#include <random>

#include "check.h"
#include "emulator/minifloat.h"
#include "ptx/mbarrier.h"

using levin::dynamic_shared;
using levin::LaunchShape;
using levin::Tcgen05Type;
using levin::test::Array;
using levin::test::run;

namespace {

constexpr uint32_t kRows = 128;
constexpr uint32_t kColumns = 48;
constexpr uint32_t kRowBytes = 128;

enum class Bug { kNone, kKept, kForeignLanes, kTooManyColumns };

struct ProductParams {
  const uint8_t* a; /* [kRows, 128 bytes], swizzled */
  const uint8_t* b; /* [kColumns, 128 bytes] */
  float* d;         /* [kRows, kColumns] */
  uint32_t product;
  bool bytes; /* f8f6f4 */
  Bug bug;
};

__global__ void tensor_product(const __grid_constant__ ProductParams p) {
  __shared__ uint32_t address;
  __shared__ uint64_t ended;
  uint8_t* shared = dynamic_shared<uint8_t>();
  for (uint32_t i = threadIdx.x; i < (kRows + kColumns) * kRowBytes; i += blockDim.x) {
    shared[i] = i < kRows * kRowBytes ? p.a[i] : p.b[i - kRows * kRowBytes];
  }
  if (threadIdx.x == 0) {
    levin::mbarrier_init(&ended, 1);
  }
  if (threadIdx.x < 32) {
    levin::tcgen05_alloc(&address, p.bug == Bug::kTooManyColumns ? 1024 : 64);
  }
  __syncthreads();
  const uint32_t sums = address;
  if (threadIdx.x == 0) {
    const uint64_t a = levin::tcgen05_descriptor(shared);
    const uint64_t b = levin::tcgen05_descriptor(shared + kRows * kRowBytes);
    for (uint32_t at = 0; at < kRowBytes; at += 32) {
      const uint64_t step_a = levin::tcgen05_advance(a, at);
      const uint64_t step_b = levin::tcgen05_advance(b, at);
      if (p.bytes) {
        levin::tcgen05_mma_f8f6f4(sums, step_a, step_b, p.product, at > 0);
      } else {
        levin::tcgen05_mma_f16(sums, step_a, step_b, p.product, at > 0);
      }
    }
    levin::tcgen05_commit(&ended);
  }
  __syncwarp();
  levin::mbarrier_wait(&ended, 0);
  const uint32_t first_lane = p.bug == Bug::kForeignLanes ? 0 : threadIdx.x / 32 * 32;
  for (uint32_t column = 0; column < kColumns; column += 8) {
    float values[8];
    levin::tcgen05_ld_x8(values, sums + (first_lane << 16) + column);
    levin::tcgen05_wait_ld(values);
    for (uint32_t i = 0; i < 8; ++i) {
      p.d[threadIdx.x * kColumns + column + i] = values[i];
    }
  }
  __syncthreads();
  if (threadIdx.x < 32 && p.bug != Bug::kKept) {
    levin::tcgen05_dealloc(sums, 64);
  }
}

/* Where byte `at` of a row lies among swizzled rows that begin at a multiple of 1024. */
uint32_t swizzled(uint32_t row, uint32_t at) { return row * kRowBytes + (at ^ row % 8 * 16); }

template <class Format>
std::string multiply(Tcgen05Type type, uint32_t element_bytes, Bug bug) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  const uint32_t k_size = kRowBytes / element_bytes;
  Array<uint8_t> a(kRows * kRowBytes), b(kColumns * kRowBytes);
  Array<float> d(kRows * kColumns);
  std::vector<double> wide_a(kRows * k_size), wide_b(kColumns * k_size);
  const auto fill = [&](Array<uint8_t>& bytes, std::vector<double>& wide) {
    for (size_t i = 0; i < wide.size(); ++i) {
      const uint32_t code = Format::encode(normal(random), levin::emulator::Rounding::kNearest, true);
      wide[i] = Format::decode(code);
      const uint32_t row = static_cast<uint32_t>(i) / k_size;
      std::memcpy(&bytes[swizzled(row, static_cast<uint32_t>(i) % k_size * element_bytes)], &code, element_bytes);
    }
  };
  fill(a, wide_a);
  fill(b, wide_b);
  const ProductParams params{a.data(),           b.data(), d.data(), levin::tcgen05_product(type, kRows, kColumns),
                             element_bytes == 1, bug};
  const std::string report = run(tensor_product, {1, 128, (kRows + kColumns) * kRowBytes, {1, 1, 1}}, params);
  for (uint32_t row = 0; row < kRows && report.empty(); ++row) {
    for (uint32_t column = 0; column < kColumns; ++column) {
      double want = 0;
      double size = 0;
      for (uint32_t k = 0; k < k_size; ++k) {
        want += wide_a[row * k_size + k] * wide_b[column * k_size + k];
        size += std::fabs(wide_a[row * k_size + k] * wide_b[column * k_size + k]);
      }
      EQUAL(std::fabs(d[row * kColumns + column] - want) <= 128 * 6e-8 * size, true);
    }
  }
  return report;
}

CASE(tcgen05_of_16_bit_types) {
  EQUAL(multiply<levin::emulator::Bfloat16>(Tcgen05Type::kBf16, 2, Bug::kNone), "");
  EQUAL(multiply<levin::emulator::Half>(Tcgen05Type::kF16, 2, Bug::kNone), "");
}

CASE(tcgen05_of_8_bit_types) {
  EQUAL(multiply<levin::emulator::E4m3>(Tcgen05Type::kE4m3, 1, Bug::kNone), "");
  EQUAL(multiply<levin::emulator::E5m2>(Tcgen05Type::kE5m2, 1, Bug::kNone), "");
}

CASE(tensor_memory_is_given_back) {
  CONTAINS(multiply<levin::emulator::Half>(Tcgen05Type::kF16, 2, Bug::kKept), "tensor memory");
}

CASE(a_warp_reads_its_own_lanes) {
  CONTAINS(multiply<levin::emulator::Half>(Tcgen05Type::kF16, 2, Bug::kForeignLanes), "tcgen05.ld");
}

CASE(tensor_memory_has_512_columns) {
  CONTAINS(multiply<levin::emulator::Half>(Tcgen05Type::kF16, 2, Bug::kTooManyColumns), "tcgen05.alloc");
}

}  // namespace

int main() { return levin::test::run_all(); }
