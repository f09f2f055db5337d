// How attention is cut, as data. Host and device.
#pragma once

#include <cstdint>

namespace levin {

// Keys of a tile of scores; tiles begin at multiples of it.
constexpr int kTileKeys = 32;

// Keys are cut into segments at multiples of this; each is reduced by itself and then merged in order, whether one
// block walks them or each has a block of its own. It is part of every result.
constexpr int kSegmentKeys = 256;

struct AttentionTileShape {
  int value_size;  // largest Dv
  int rows;        // packed rows: query rows times the heads that share a KV head
  int columns;     // values of a row a thread holds, twice (segment and total)
};

constexpr int kAttentionThreads = 128;

constexpr AttentionTileShape kAttentionTiles[] = {
    {128, 16, 1},  // limit: FP32 FMA
    {256, 8, 2},   // limit: FP32 FMA
    {512, 8, 4},   // limit: registers, and shared memory with keys of 576
};

// Fewer blocks than this leave multiprocessors of large GPUs idle: then segments get blocks of their own.
constexpr int64_t kEnoughBlocks = 264;

}  // namespace levin
