#include "emulator/wgmma.h"

#include <algorithm>
#include <cstring>

#include "block.h"
#include "mma_tile.h"

namespace levin::emulator {

namespace {

constexpr int kWarpsOfGroup = 4;
constexpr uint32_t kDescriptorReach = 1u << 18;

/* Fields of a matrix descriptor, in bytes; width 0 is no swizzle. */
struct Layout {
  explicit Layout(uint64_t descriptor)
      : start(static_cast<uint32_t>(descriptor & 0x3fff) << 4),
        leading(static_cast<uint32_t>(descriptor >> 16 & 0x3fff) << 4),
        stride(static_cast<uint32_t>(descriptor >> 32 & 0x3fff) << 4) {
    uint32_t kind = static_cast<uint32_t>(descriptor >> 62);
    swizzle_bits = kind == 0 ? 0 : 4 - kind;
    width = kind == 0 ? 0 : 16u << swizzle_bits;
  }

  /* Address of an element: its row (or column of b), its k, both in elements of so many bytes. */
  uint32_t address(uint32_t row, uint32_t k, uint32_t bytes, bool transposed) const {
    uint32_t inner = (transposed ? row : k) * bytes;
    uint32_t outer = transposed ? k : row;
    uint32_t at = start + outer / 8 * (transposed && width == 0 ? leading : stride);
    if (width == 0) {
      return at + outer % 8 * 16 + inner / 16 * (transposed ? stride : leading) + inner % 16;
    }
    at += outer % 8 * width + inner / width * leading + inner % width;
    return at ^ ((at >> 7 & ((1u << swizzle_bits) - 1)) << 4);
  }

  uint32_t start;
  uint32_t leading;
  uint32_t stride;
  uint32_t swizzle_bits;
  uint32_t width;
};

const void* checked(uint32_t address, uint32_t bytes) {
  const char* pointer = current_block()->shared().at_shared_address(address);
  if (pointer == nullptr) {
    fault("wgmma: the descriptor leads to shared address %u, beyond the block's memory", address);
  }
  check_read(pointer, bytes);
  return pointer;
}

/* The register that holds kPer values of a row (or column of b) from k on. */
template <class Decoder>
uint32_t register_at(const Layout& layout, uint32_t row, uint32_t k, bool transposed) {
  constexpr uint32_t kPer = Decoder::kPerRegister;
  constexpr uint32_t kBytes = 4 / kPer;
  uint32_t bits = 0;
  if (!transposed) {
    std::memcpy(&bits, checked(layout.address(row, k, kBytes, false), 4), 4);
    return bits;
  }
  for (uint32_t i = 0; i < kPer; ++i) {
    uint32_t value = 0;
    std::memcpy(&value, checked(layout.address(row, k + i, kBytes, true), kBytes), kBytes);
    bits |= value << (8 * kBytes * i);
  }
  return bits;
}

template <class Decoder>
void load_a(MmaTile& tile, const Lanes& lanes, int warp) {
  const WgmmaLane& first = *lanes.of<WgmmaLane>(0);
  if (first.a_registers != nullptr) {
    for (int lane = 0; lane < kWarp; ++lane) {
      const uint32_t* a = lanes.of<WgmmaLane>(lane)->a_registers;
      for (int i = 0; i < 4; ++i) {
        tile.a_bits[lane / 4 + i % 2 * 8][i / 2 * 4 + lane % 4] = a[i];
      }
    }
  } else {
    Layout layout(first.a);
    for (uint32_t row = 0; row < kTileRows; ++row) {
      for (uint32_t r = 0; r < kTileRegisters; ++r) {
        tile.a_bits[row][r] = register_at<Decoder>(layout, static_cast<uint32_t>(warp) * kTileRows + row,
                                                   r * Decoder::kPerRegister, first.transpose_a);
      }
    }
  }
  widen_a<Decoder>(tile);
}

template <class Decoder>
void load_b(MmaTile& tile, const WgmmaLane& lane, uint32_t first_column) {
  Layout layout(lane.b);
  for (uint32_t column = 0; column < kTileColumns; ++column) {
    for (uint32_t r = 0; r < kTileRegisters; ++r) {
      tile.b_bits[r][column] =
          register_at<Decoder>(layout, first_column + column, r * Decoder::kPerRegister, lane.transpose_b);
    }
  }
  widen_b<Decoder>(tile);
}

PendingProduct& product_of(ThreadCopies& copies, const WgmmaLane& lane) {
  auto found = std::find_if(copies.products.begin(), copies.products.end(),
                            [&](const PendingProduct& product) { return product.d == lane.d; });
  if (found == copies.products.end()) {
    copies.products.emplace_back();
    found = copies.products.end() - 1;
    found->d = lane.d;
    found->registers = lane.n / 2;
    std::memcpy(found->values, lane.d, static_cast<size_t>(lane.n / 2) * sizeof(float));
  }
  found->group = copies.open_product_group;
  return *found;
}

template <class Decoder>
void perform_wgmma(const Lanes& lanes) {
  Block& block = *current_block();
  const WgmmaLane& first = *lanes.of<WgmmaLane>(0);
  int warp = block.current() / kWarp;
  if (lanes.mask != ~0u || (warp / kWarpsOfGroup + 1) * kWarpsOfGroup * kWarp > block.threads()) {
    fault("wgmma needs all lanes of four warps");
  }
  for (int l = 1; l < kWarp; ++l) {
    const WgmmaLane& lane = *lanes.of<WgmmaLane>(l);
    if (lane.a != first.a || lane.b != first.b || lane.accumulate != first.accumulate || lane.n != first.n ||
        (lane.a_registers == nullptr) != (first.a_registers == nullptr) ||
        lane.transpose_a != first.transpose_a || lane.transpose_b != first.transpose_b) {
      fault_of_lane(l, "wgmma with a descriptor that differs from lane 0's");
    }
  }
  MmaTile tile;
  load_a<Decoder>(tile, lanes, warp % kWarpsOfGroup);
  for (int column = 0; column < first.n; column += kTileColumns) {
    load_b<Decoder>(tile, first, static_cast<uint32_t>(column));
    for (int l = 0; l < kWarp; ++l) {
      PendingProduct& product = product_of(block.copies_of_lane(l), *lanes.of<WgmmaLane>(l));
      float* values = product.values + column / 2;
      for (int i = 0; i < 4; ++i) {
        tile.d[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2] = first.accumulate ? values[i] : 0.0f;
      }
    }
    multiply_planes(tile, Decoder::kPerRegister, kTileRegisters);
    for (int l = 0; l < kWarp; ++l) {
      PendingProduct& product = product_of(block.copies_of_lane(l), *lanes.of<WgmmaLane>(l));
      float* values = product.values + column / 2;
      for (int i = 0; i < 4; ++i) {
        values[i] = tile.d[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
      }
    }
  }
  for (int l = 0; l < kWarp; ++l) {
    const WgmmaLane& lane = *lanes.of<WgmmaLane>(l);
    std::fill_n(lane.d, lane.n / 2, __builtin_nanf(""));
  }
}

void unsupported(const Lanes&) {
  fault("wgmma of these types is not emulated");
}

constexpr Collective kWgmma[] = {{"wgmma.f16", perform_wgmma<F16Decoder>},
                                 {"wgmma.bf16", perform_wgmma<Bf16Decoder>},
                                 {"wgmma.tf32", unsupported},
                                 {"wgmma.e4m3", perform_wgmma<E4m3Decoder>},
                                 {"wgmma.e5m2", perform_wgmma<E5m2Decoder>}};

}  // namespace

void check_descriptor_address(uint32_t address) {
  if (address % 16 != 0 || address >= kDescriptorReach) {
    fault("wgmma descriptor for shared address %u: it must be a multiple of 16 in dynamic shared memory",
          address);
  }
}

void wgmma(MmaType type, WgmmaLane lane, Location where) {
  warp_collective(kWgmma[static_cast<int>(type)], ~0u, &lane, where);
}

void wgmma_fence() {}

void wgmma_commit() {
  ++current_block()->copies().open_product_group;
}

void wgmma_wait(int pending_groups) {
  ThreadCopies& copies = current_block()->copies();
  size_t kept = 0;
  for (PendingProduct& product : copies.products) {
    if (product.group + static_cast<uint32_t>(pending_groups) < copies.open_product_group) {
      std::memcpy(product.d, product.values, static_cast<size_t>(product.registers) * sizeof(float));
    } else {
      copies.products[kept++] = product;
    }
  }
  copies.products.resize(kept);
}

}  // namespace levin::emulator
