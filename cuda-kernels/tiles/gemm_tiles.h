// Which tile a product gets, as data, and how K is cut. Host and device.
#pragma once

#include <cstdint>

namespace levin {

// Columns (tokens) of a tile, and how its warps divide the work.
struct GemmTileShape {
  int columns;
  int warps;    // over rows of weights, 16 each; tiles of one warp spread the segments of K over warps instead
  bool staged;  // activations pass through shared memory, for the tile's warps share them
};

// Up to 8 tokens the weights' bytes are the limit: all warps of a block read the same 16 rows, each another
// segment of K. From 17 on, decoding a weight is worth more than one mma, so a tile has more columns than that.
constexpr GemmTileShape kGemmTiles[] = {
    {8, 1, false},   // limit: device memory
    {16, 1, false},  // limit: device memory
    {64, 4, true},   // limit: mma.sync; 32 accumulators and 32 sums of segments a thread
};

constexpr int gemm_tile_columns(int64_t tokens) {
  for (const GemmTileShape& shape : kGemmTiles) {
    if (tokens <= shape.columns) {
      return shape.columns;
    }
  }
  return kGemmTiles[2].columns;
}

// K is cut into segments that are summed apart and then added in order, in every tile shape alike; the cut depends
// on K alone. Segments begin at multiples of the largest block.
struct Segments {
  int count;
  int64_t chunks;  // of 32 values, of every segment but the last
};

constexpr int kMaxSegments = 8;

constexpr Segments segments_of(int64_t k) {
  constexpr int64_t kSuperBlock = 8;
  const int64_t chunks = (k + 31) / 32;
  const int64_t blocks = (chunks + kSuperBlock - 1) / kSuperBlock;
  const int64_t wanted = blocks < kMaxSegments ? blocks : kMaxSegments;
  const int64_t length = wanted == 0 ? kSuperBlock : (blocks + wanted - 1) / wanted * kSuperBlock;
  const int64_t count = (chunks + length - 1) / length;
  return Segments{count == 0 ? 1 : static_cast<int>(count), length};
}

}  // namespace levin
