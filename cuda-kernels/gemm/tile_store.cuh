// Results of four warps on their way out: 64 rows of weights by columns that are rows of out. Through shared
// memory, so that a warp writes neighbouring values of one row.
#pragma once

#include "gemm/gemm.cuh"
#include "ptx/barrier.h"

namespace levin {

constexpr int kStoreWarps = 4;
constexpr int kStoreRows = kStoreWarps * kTileRows;
constexpr int kStorePitch = kStoreRows + 4;  // keeps the lanes of a fragment in banks of their own

template <int kColumns>
constexpr size_t store_bytes() {
  return sizeof(float) * kColumns * kStorePitch;
}

// The lane has, as mma lays them out, of column tile j sum(j, i): row g or, for i / 2 = 1, g + 8 of the warp's 16,
// column 2q + i % 2. All four warps call, with a named barrier and staging of their own.
template <int kColumnTiles, typename Sum>
__device__ inline void store_by_rows(const BlockColumns& columns, int64_t first_row, float* staging, int barrier,
                                     Sum sum) {
  const int warp = static_cast<int>(threadIdx.x) / kWarpSize % kStoreWarps;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int column = j * kTileColumns + 2 * (lane % kQuad) + i % 2;
      staging[column * kStorePitch + warp * kTileRows + lane / kQuad + i / 2 * 8] = sum(j, i);
    }
  }
  bar_sync(barrier, kStoreWarps * kWarpSize);
#pragma unroll 1
  for (int column = warp; column < columns.tile.count; column += kStoreWarps) {
#pragma unroll 1
    for (int row = lane; row < kStoreRows; row += kWarpSize) {
      columns.store(column, first_row + row, staging[column * kStorePitch + row]);
    }
  }
}

}  // namespace levin
