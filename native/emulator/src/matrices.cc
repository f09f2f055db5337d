#include "emulator/matrices.h"

#include <cstring>

#include "block.h"

namespace levin::emulator {

namespace {

constexpr int kRows = 8;
constexpr size_t kRowBytes = 16;

void check_row(int lane, const void* row, bool write) {
  if (reinterpret_cast<uintptr_t>(row) % kRowBytes != 0 || !is_shared(row)) {
    fault_of_lane(lane, "%s row at %p, which is no multiple of 16 in shared memory",
                  write ? "stmatrix" : "ldmatrix", row);
  }
  if (write) {
    check_write_of_lane(lane, row, kRowBytes);
  } else {
    check_read_of_lane(lane, row, kRowBytes);
  }
}

/* Where in matrix `values` register bits of a lane lie: (row, column) of its low half, then of its high one. */
template <bool kTransposed>
uint16_t& value_of(uint16_t (&values)[kRows][kRows], int lane, int half) {
  int group = lane / 4;
  int place = lane % 4 * 2 + half;
  return kTransposed ? values[place][group] : values[group][place];
}

template <int kCount, bool kTransposed>
void perform_load(const Lanes& lanes) {
  if (lanes.mask != ~0u) {
    fault("ldmatrix needs all 32 lanes");
  }
  for (int m = 0; m < kCount; ++m) {
    uint16_t values[kRows][kRows];
    for (int row = 0; row < kRows; ++row) {
      const void* address = lanes.of<MatrixLane>(m * kRows + row)->row;
      check_row(m * kRows + row, address, false);
      std::memcpy(values[row], address, kRowBytes);
    }
    for (int lane = 0; lane < kWarp; ++lane) {
      lanes.of<MatrixLane>(lane)->registers[m] =
          value_of<kTransposed>(values, lane, 0) |
          static_cast<uint32_t>(value_of<kTransposed>(values, lane, 1)) << 16;
    }
  }
}

template <int kCount, bool kTransposed>
void perform_store(const Lanes& lanes) {
  if (lanes.mask != ~0u) {
    fault("stmatrix needs all 32 lanes");
  }
  for (int m = 0; m < kCount; ++m) {
    uint16_t values[kRows][kRows];
    for (int lane = 0; lane < kWarp; ++lane) {
      uint32_t bits = lanes.of<MatrixLane>(lane)->registers[m];
      value_of<kTransposed>(values, lane, 0) = static_cast<uint16_t>(bits);
      value_of<kTransposed>(values, lane, 1) = static_cast<uint16_t>(bits >> 16);
    }
    for (int row = 0; row < kRows; ++row) {
      void* address = lanes.of<MatrixLane>(m * kRows + row)->row;
      check_row(m * kRows + row, address, true);
      std::memcpy(address, values[row], kRowBytes);
    }
  }
}

constexpr Collective kLoad[3][2] = {
    {{"ldmatrix.x1", perform_load<1, false>}, {"ldmatrix.x1.trans", perform_load<1, true>}},
    {{"ldmatrix.x2", perform_load<2, false>}, {"ldmatrix.x2.trans", perform_load<2, true>}},
    {{"ldmatrix.x4", perform_load<4, false>}, {"ldmatrix.x4.trans", perform_load<4, true>}}};
constexpr Collective kStore[3][2] = {
    {{"stmatrix.x1", perform_store<1, false>}, {"stmatrix.x1.trans", perform_store<1, true>}},
    {{"stmatrix.x2", perform_store<2, false>}, {"stmatrix.x2.trans", perform_store<2, true>}},
    {{"stmatrix.x4", perform_store<4, false>}, {"stmatrix.x4.trans", perform_store<4, true>}}};

}  // namespace

void load_matrices(int count, bool transposed, MatrixLane lane, Location where) {
  warp_collective(kLoad[count / 2][transposed], ~0u, &lane, where);
}

void store_matrices(int count, bool transposed, MatrixLane lane, Location where) {
  warp_collective(kStore[count / 2][transposed], ~0u, &lane, where);
}

}  // namespace levin::emulator
