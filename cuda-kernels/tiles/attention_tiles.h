// How attention is cut, as data. Host and device.
#pragma once

#include <cstdint>

namespace levin {

// Keys of a tile of scores; tiles begin at multiples of it. They are part of every result.
constexpr int kTileKeys = 32;     // of F32 caches, by FMA
constexpr int kMmaTileKeys = 64;  // of all others, 16 for each warp

// Keys are cut into segments at multiples of this; each is reduced by itself and then merged in order, whether one
// block walks them or each has a block of its own. It is part of every result.
constexpr int kSegmentKeys = 256;

constexpr int kAttentionThreads = 128;

struct AttentionTileShape {
  int value_size;  // largest Dv
  int rows;        // packed rows: query rows times the heads that share a KV head
  int columns;     // values of a row a thread holds, twice (segment and total)
};

constexpr AttentionTileShape kAttentionTiles[] = {
    {128, 16, 1},  // limit: FP32 FMA
    {256, 8, 2},   // limit: FP32 FMA
    {512, 8, 4},   // limit: registers, and shared memory with keys of 576
};

struct AttentionMmaShape {
  int value_size;   // largest Dv
  int row_tiles;    // of 8 packed rows
  int value_tiles;  // of 16 values, of each of the four warps
};

// The first with enough values and, where there is one, enough rows.
constexpr AttentionMmaShape kAttentionMmaTiles[] = {
    {128, 1, 2},  // decoding; limit: device memory
    {128, 4, 2},  // prefill; limit: decoding of keys, which 32 rows share
    {256, 4, 4},  // limit: registers, 64 sums of a segment and 64 in total
    {512, 1, 8},  // latent values; limit: registers
};

// Fewer blocks than this leave multiprocessors of large GPUs idle: then segments get blocks of their own.
constexpr int64_t kEnoughBlocks = 264;

}  // namespace levin
