#include "emulator/tcgen05.h"

#include <cmath>
#include <cstring>

#include "block.h"
#include "emulator/mbarrier.h"
#include "emulator/minifloat.h"
#include "tensor_memory.h"

namespace levin::emulator {

uint32_t TensorMemory::take(uint32_t columns) {
  if (taken_ + columns > kColumns) {
    return kColumns;
  }
  cells_.resize(size_t{kLanes} * kColumns);
  const uint32_t first = taken_;
  taken_ += columns;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    std::fill_n(&at(lane, first), columns, __builtin_nanf(""));
  }
  return first;
}

bool TensorMemory::give_back(uint32_t column, uint32_t columns) {
  if (column + columns != taken_) {
    return false;
  }
  taken_ = column;
  return true;
}

namespace {

constexpr uint32_t kRows = 128;
constexpr uint32_t kMaxColumns = 256;
constexpr uint32_t kStepBytes = 32;
constexpr uint32_t kMaxK = 32;

struct AllocationLane {
  uint32_t* shared;
  uint32_t address;
  uint32_t columns;
};

void perform_alloc(const Lanes& lanes) {
  const AllocationLane& lane = *lanes.of<AllocationLane>(0);
  const bool power_of_two = lane.columns >= 32 && (lane.columns & (lane.columns - 1)) == 0;
  const uint32_t column =
      power_of_two ? current_block()->tensor_memory().take(lane.columns) : TensorMemory::kColumns;
  if (column == TensorMemory::kColumns) {
    fault("tcgen05.alloc of %u columns: a power of two from 32 on, 512 in all", lane.columns);
  }
  check_write_of_lane(0, lane.shared, sizeof(uint32_t));
  *lane.shared = column;
}

void perform_dealloc(const Lanes& lanes) {
  const AllocationLane& lane = *lanes.of<AllocationLane>(0);
  if (!current_block()->tensor_memory().give_back(lane.address, lane.columns)) {
    fault("tcgen05.dealloc of %u columns at %u, which are not those taken last", lane.columns, lane.address);
  }
}

/* K innermost, rows of 128 bytes swizzled, the only layout that is emulated. */
class Operand {
 public:
  explicit Operand(uint64_t descriptor)
      : start_(static_cast<uint32_t>(descriptor & 0x3fff) << 4),
        stride_(static_cast<uint32_t>(descriptor >> 32 & 0x3fff) << 4) {
    if (descriptor >> 61 != 2 || (descriptor >> 46 & 7) != 1) {
      fault("tcgen05.mma with a descriptor that is not emulated: swizzle %u",
            static_cast<unsigned>(descriptor >> 61));
    }
  }

  /* kStepBytes of a row's K. */
  void read(uint32_t row, uint8_t* bytes) const {
    for (uint32_t at = 0; at < kStepBytes; at += 16) {
      uint32_t address = start_ + row / 8 * stride_ + row % 8 * 128 + at;
      address ^= (address >> 7 & 7) << 4;
      const char* pointer = current_block()->shared().at_shared_address(address);
      if (pointer == nullptr) {
        fault("tcgen05.mma: a descriptor leads to shared address %u, beyond the block's memory", address);
      }
      check_read(pointer, 16);
      std::memcpy(bytes + at, pointer, 16);
    }
  }

 private:
  uint32_t start_;
  uint32_t stride_;
};

template <class Format>
float decoded(const uint8_t* bytes, uint32_t i, uint32_t size) {
  uint32_t bits = 0;
  std::memcpy(&bits, bytes + i * size, size);
  return static_cast<float>(Format::decode(bits));
}

float value_of(Tcgen05Kind kind, uint32_t type, const uint8_t* bytes, uint32_t i) {
  if (kind == Tcgen05Kind::kF16) {
    return type == 0 ? decoded<Half>(bytes, i, 2) : decoded<Bfloat16>(bytes, i, 2);
  }
  return type == 0 ? decoded<E4m3>(bytes, i, 1) : decoded<E5m2>(bytes, i, 1);
}

void widen(Tcgen05Kind kind, uint32_t type, uint64_t descriptor, uint32_t rows, float (*values)[kMaxK]) {
  const uint32_t k_size = kind == Tcgen05Kind::kF16 ? 16 : 32;
  const Operand operand(descriptor);
  for (uint32_t row = 0; row < rows; ++row) {
    uint8_t bytes[kStepBytes];
    operand.read(row, bytes);
    for (uint32_t k = 0; k < k_size; ++k) {
      values[row][k] = value_of(kind, type, bytes, k);
    }
  }
}

struct LoadLane {
  float* registers;
  uint32_t address;
  int columns;
};

void perform_ld(const Lanes& lanes) {
  Block& block = *current_block();
  const uint32_t first_lane = static_cast<uint32_t>(block.current() / kWarp % 4 * kWarp);
  for (uint32_t l = 0; l < kWarp; ++l) {
    const LoadLane& lane = *lanes.of<LoadLane>(static_cast<int>(l));
    const uint32_t column = lane.address & 0xffff;
    if (lane.address >> 16 != first_lane ||
        !block.tensor_memory().holds(column + static_cast<uint32_t>(lane.columns) - 1)) {
      fault_of_lane(static_cast<int>(l),
                    "tcgen05.ld at lane %u, column %u: not the warp's lanes, or columns not taken",
                    lane.address >> 16, column);
    }
    for (int i = 0; i < lane.columns; ++i) {
      lane.registers[i] = block.tensor_memory().at(first_lane + l, column + static_cast<uint32_t>(i));
    }
  }
}

constexpr Collective kAlloc{"tcgen05.alloc", perform_alloc};
constexpr Collective kDealloc{"tcgen05.dealloc", perform_dealloc};
constexpr Collective kLd{"tcgen05.ld", perform_ld};

}  // namespace

void tcgen05_alloc(uint32_t* shared, uint32_t columns, Location where) {
  AllocationLane lane{shared, 0, columns};
  warp_collective(kAlloc, ~0u, &lane, where);
}

void tcgen05_dealloc(uint32_t address, uint32_t columns, Location where) {
  AllocationLane lane{nullptr, address, columns};
  warp_collective(kDealloc, ~0u, &lane, where);
}

void tcgen05_mma(Tcgen05Kind kind, const Tcgen05Product& p) {
  const uint32_t n = (p.product >> 17 & 63) * 8;
  const uint32_t m = (p.product >> 24 & 31) * 16;
  const uint32_t type_a = p.product >> 7 & 7;
  const uint32_t type_b = p.product >> 10 & 7;
  const bool known = kind != Tcgen05Kind::kMxf4 && m == kRows && n % 16 == 0 && n != 0 && n <= kMaxColumns &&
                     (p.product >> 4 & 3) == 1 && (p.product >> 13 & 15) == 0 && type_a < 2 && type_b < 2;
  TensorMemory& memory = current_block()->tensor_memory();
  if (!known || p.d >> 16 != 0 || !memory.holds((p.d & 0xffff) + n - 1)) {
    fault("tcgen05.mma of descriptor %08x to %08x: not emulated, or columns not taken", p.product, p.d);
  }
  static thread_local float a[kRows][kMaxK];
  static thread_local float b[kMaxColumns][kMaxK];
  widen(kind, type_a, p.a, m, a);
  widen(kind, type_b, p.b, n, b);
  const uint32_t k_size = kind == Tcgen05Kind::kF16 ? 16 : 32;
  for (uint32_t row = 0; row < m; ++row) {
    for (uint32_t column = 0; column < n; ++column) {
      float& d = memory.at(row, (p.d & 0xffff) + column);
      float sum = p.accumulate ? d : 0.0f;
      for (uint32_t k = 0; k < k_size; ++k) {
        sum = std::fma(a[row][k], b[column][k], sum);
      }
      d = sum;
    }
  }
}

void tcgen05_commit(uint64_t* barrier) { mbarrier_arrive(barrier, 0); }

void tcgen05_ld(float* registers, int columns, uint32_t address, Location where) {
  LoadLane lane{registers, address, columns};
  warp_collective(kLd, ~0u, &lane, where);
}

}  // namespace levin::emulator
