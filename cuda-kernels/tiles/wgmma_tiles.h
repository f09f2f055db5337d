// Which tile a product by wgmma gets, as data. Host and device.
#pragma once

#include <cstdint>

namespace levin {

struct WgmmaTileShape {
  int warpgroups;  // 64 rows of weights each
  int columns;     // tokens, a multiple of kWgmmaColumns
  int stages;      // of 128 bytes of K
};

// Columns of every wgmma, whatever the tile: one instruction for every number of tokens. 64 are enough for its
// full rate; with 64 the operands in shared memory, 128 bytes a cycle, are the next limit.
constexpr int kWgmmaColumns = 64;

constexpr WgmmaTileShape kWgmmaTiles[] = {
    {1, 64, 6},   // limit: device memory; 96 KiB, so that two blocks share a multiprocessor
    {2, 128, 6},  // limit: wgmma; 192 KiB, and of FP8 128 sums a thread
};

constexpr bool takes_large_tile(int64_t tokens) { return tokens > kWgmmaTiles[0].columns; }

}  // namespace levin
