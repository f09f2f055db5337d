// The product kernel of bytes by bytes: out[t, n] = residual + x_scale * (scales * (weight[n] . x[t])) + bias.
//
// Tiles and segments of K are those of gemm.cuh (tiles/gemm_tiles.h): with few columns a warp has 16 weight rows
// and a segment of K, with many four warps walk all segments over activations in shared memory. Either way a
// column sums a block of 128 values with four mma, adds the scaled sums of blocks in order, and then those of
// segments in order. Integers are summed as integers to the end.
//
// Limits: rows at multiples of 16 bytes are read by 16 bytes, others byte by byte with the same results.
#pragma once

#include "common/launch.h"
#include "gemm/byte_fragments.cuh"
#include "gemm/byte_gemm.h"
#include "gemm/gemm.cuh"
#include "gemm/tile_store.cuh"
#include "ptx/cp_async.h"
#include "tiles/gemm_tiles.h"

namespace levin {

template <typename ByteProduct, bool kStaged_>
struct ByteTraits {
  using Product = ByteProduct;
  using Sum = typename Product::Sum;
  static constexpr GemmTileShape kTile = kByteTiles[kStaged_];
  static constexpr bool kStaged = kStaged_;
  static constexpr int kColumns = kTile.columns;
  static constexpr int kColumnTiles = kColumns / kTileColumns;
  static constexpr int kWarps = kStaged ? kTile.warps : kMaxSegments;
  static constexpr int kThreads = kWarps * kWarpSize;
  static constexpr int kRows = kStaged ? kWarps * kTileRows : kTileRows;
  // At once on a multiprocessor: as many as leave registers for all that a thread holds.
  static constexpr int kBlocks = kStaged ? 3 : 2;
};

template <typename Traits>
struct ByteLaunch {
  GemmParams op;
  typename Traits::Product product;
  int segments;
  int64_t segment_blocks;  // of 128 values, of every segment but the last
  uint32_t row_blocks;     // of weights
  bool weight_vectors, x_vectors;
};

// Scales of a lane's two weight rows and two columns. Integers take theirs at the end.
template <typename Traits>
struct LaneScales {
  const ByteLaunch<Traits>& p;
  uint32_t row[2];  // of the weights' scales

  __device__ LaneScales(const ByteLaunch<Traits>& launch, int64_t n0, int64_t n1)
      : p(launch),
        row{static_cast<uint32_t>(n0) / launch.op.scales.rows_per_scale,
            static_cast<uint32_t>(n1) / launch.op.scales.rows_per_scale} {}

  __device__ void of_weights(int64_t block, float (&scale)[2]) const {
    const uint32_t column = static_cast<uint32_t>(block) * (kScaleBlock / 32) / p.op.scales.chunks_per_scale;
    scale[0] = scale_at(p.op.scales, row[0], column);
    scale[1] = scale_at(p.op.scales, row[1], column);
  }

  // Tokens past the last have no scale of their own.
  __device__ float of_column(const BlockColumns& columns, int i, int64_t block) const {
    if (!p.op.x_scale_by_block || i >= columns.tile.count) {
      return 1.0f;
    }
    return p.op.x_scale.row(columns.token(columns.column(i)))[block];
  }
};

// acc += scaled sums of a block. Column tile of 8, of which the lane has columns 2q and 2q + 1.
template <typename Traits>
__device__ inline void add_block(const LaneScales<Traits>& scales, const BlockColumns& columns, int tile, int quad,
                                 int64_t block, const float (&weight_scale)[2], const ByteFragment (&w)[2],
                                 const ByteFragment& x, typename Traits::Sum (&acc)[4]) {
  if constexpr (std::is_same<typename Traits::Sum, int32_t>::value) {
    multiply_block(scales.p.product, acc, w, x);
  } else {
    float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    multiply_block(scales.p.product, part, w, x);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float x_scale = scales.of_column(columns, tile * kTileColumns + 2 * quad + i % 2, block);
      acc[i] = fmaf(weight_scale[i / 2] * x_scale, part[i], acc[i]);
    }
  }
}

template <typename Traits>
using ByteAccumulators = typename Traits::Sum[Traits::kColumnTiles][4];

// The sum of a weight row r of the lane's two as it goes out.
template <typename Traits>
struct LastScales {
  float scale[2] = {1.0f, 1.0f};

  __device__ explicit LastScales(const LaneScales<Traits>& scales) {
    if constexpr (kIntegers) {
      scales.of_weights(0, scale);
    }
  }

  __device__ float of(typename Traits::Sum sum, int r) const {
    return kIntegers ? scale[r] * static_cast<float>(sum) : static_cast<float>(sum);
  }

 private:
  static constexpr bool kIntegers = std::is_same<typename Traits::Sum, int32_t>::value;
};

// Weight rows g and g + 8 of a warp's 16; rows past the last are computed as that one.
struct WeightRows {
  int64_t n[2];
  const uint8_t* bytes[2];

  __device__ WeightRows(const GemmParams& p, int64_t first_row, int lane) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int64_t row = first_row + lane / kQuad + 8 * r;
      n[r] = row < p.n ? row : p.n - 1;
      bytes[r] = p.weight.row(0, n[r]);
    }
  }

  __device__ void load(int64_t block, int quad, int64_t k, bool vectors, ByteFragment (&w)[2]) const {
    w[0] = load_fragment(bytes[0], block, quad, k, vectors);
    w[1] = load_fragment(bytes[1], block, quad, k, vectors);
  }
};

// A warp per segment of K, one column tile.
template <typename Traits>
__global__ void __launch_bounds__(Traits::kThreads, Traits::kBlocks)
    byte_narrow_kernel(const __grid_constant__ ByteLaunch<Traits> p) {
  using Sum = typename Traits::Sum;
  static_assert(Traits::kColumnTiles == 1, "a warp has one column tile");
  __shared__ Sum partial[kMaxSegments - 1][4][kWarpSize];
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int segment = static_cast<int>(threadIdx.x) / kWarpSize;
  const int quad = lane % kQuad;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x % p.row_blocks) * Traits::kRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, Traits::kColumns);
  const WeightRows weights(p.op, first_row, lane);
  const LaneScales<Traits> scales(p, weights.n[0], weights.n[1]);
  const uint8_t* x_row = columns.x_row(lane / kQuad);

  ByteAccumulators<Traits> acc = {};
  const int64_t blocks = ceil_div<int64_t>(p.op.k, kScaleBlock);
  const int64_t begin = segment * p.segment_blocks;
  const int64_t end = begin + p.segment_blocks < blocks ? begin + p.segment_blocks : blocks;
  for (int64_t block = begin; block < end; ++block) {
    ByteFragment w[2];
    weights.load(block, quad, p.op.k, p.weight_vectors, w);
    const ByteFragment x =
        x_row == nullptr ? ByteFragment{} : load_fragment(x_row, block, quad, p.op.k, p.x_vectors);
    float weight_scale[2];
    scales.of_weights(block, weight_scale);
    add_block<Traits>(scales, columns, 0, quad, block, weight_scale, w, x, acc[0]);
  }

  // Sums of segments, in order.
  if (p.segments > 1) {
    if (segment > 0) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        partial[segment - 1][i][lane] = acc[0][i];
      }
    }
    __syncthreads();
    if (segment > 0) {
      return;
    }
    for (int s = 1; s < p.segments; ++s) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        acc[0][i] += partial[s - 1][i][lane];
      }
    }
  }
  const LastScales<Traits> last(scales);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    columns.store(2 * quad + i % 2, first_row + lane / kQuad + i / 2 * 8, last.of(acc[0][i], i / 2));
  }
}

// A block of K of all columns, each lane's fragment as it will be read.
template <typename Traits>
struct ByteStage {
  uint4 half[2][Traits::kColumnTiles][kWarpSize];
};

constexpr int kByteStages = 3;
constexpr int kStoreBarrier = 1;

// Starts to copy a block, as a group of its own even if there is none.
template <typename Traits>
__device__ inline void start_stage(const ByteLaunch<Traits>& p, const BlockColumns& columns, int64_t block,
                                   int64_t blocks, ByteStage<Traits>& stage) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  for (int item = static_cast<int>(threadIdx.x) / kWarpSize; item < 2 * Traits::kColumnTiles;
       item += Traits::kWarps) {
    const int half = item % 2;
    const int tile = item / 2;
    if (block >= blocks || tile * kTileColumns >= columns.tile.count) {
      continue;
    }
    const uint8_t* row = columns.x_row(tile * kTileColumns + lane / kQuad);
    const int64_t at = block * kScaleBlock + half * (kScaleBlock / 2) + kPieceBytes * (lane % kQuad);
    uint4* target = &stage.half[half][tile][lane];
    if (p.x_vectors) {
      const int64_t rest = row == nullptr ? 0 : p.op.k - at;
      const int64_t bytes = rest < 0 ? 0 : rest < kPieceBytes ? rest : kPieceBytes;
      cp_async_16(target, bytes == 0 ? p.op.x.data : row + at, static_cast<uint32_t>(bytes));
    } else {
      *target = row == nullptr ? make_uint4(0, 0, 0, 0) : load_piece(row, at, p.op.k, false);
    }
  }
  cp_async_commit_group();
}

// All segments by every warp, activations through shared memory.
template <typename Traits>
__global__ void __launch_bounds__(Traits::kThreads, Traits::kBlocks)
    byte_wide_kernel(const __grid_constant__ ByteLaunch<Traits> p) {
  using Stage = ByteStage<Traits>;
  Stage* stages = dynamic_shared<Stage>();
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int quad = lane % kQuad;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x % p.row_blocks) * Traits::kRows +
                            static_cast<int64_t>(threadIdx.x) / kWarpSize * kTileRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, Traits::kColumns);
  const WeightRows weights(p.op, first_row, lane);
  const LaneScales<Traits> scales(p, weights.n[0], weights.n[1]);

  ByteAccumulators<Traits> total = {};
  ByteAccumulators<Traits> acc = {};
  const int64_t blocks = ceil_div<int64_t>(p.op.k, kScaleBlock);
  int64_t segment_end = p.segment_blocks;
  for (int s = 0; s < kByteStages - 1; ++s) {
    start_stage<Traits>(p, columns, s, blocks, stages[s]);
  }
  ByteFragment next[2];
  weights.load(0, quad, p.op.k, p.weight_vectors, next);
  for (int64_t block = 0; block < blocks; ++block) {
    const ByteFragment w[2] = {next[0], next[1]};
    if (block + 1 < blocks) {
      weights.load(block + 1, quad, p.op.k, p.weight_vectors, next);
    }
    float weight_scale[2];
    scales.of_weights(block, weight_scale);
    cp_async_wait_group<kByteStages - 2>();
    // Nobody reads the stage before this one any more: the next copy goes there.
    __syncthreads();
    start_stage<Traits>(p, columns, block + kByteStages - 1, blocks,
                        stages[(block + kByteStages - 1) % kByteStages]);
    const Stage& stage = stages[block % kByteStages];
#pragma unroll
    for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
      if (tile * kTileColumns < columns.tile.count) {
        const ByteFragment x = {{stage.half[0][tile][lane], stage.half[1][tile][lane]}};
        add_block<Traits>(scales, columns, tile, quad, block, weight_scale, w, x, acc[tile]);
      }
    }
    if (block + 1 == segment_end || block + 1 == blocks) {
#pragma unroll
      for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          total[tile][i] = segment_end == p.segment_blocks ? acc[tile][i] : total[tile][i] + acc[tile][i];
          acc[tile][i] = 0;
        }
      }
      segment_end += p.segment_blocks;
    }
  }
  // All copies have ended, and no warp reads a stage any more.
  __syncthreads();
  const LastScales<Traits> last(scales);
  store_by_rows<Traits::kColumnTiles>(columns, static_cast<int64_t>(blockIdx.x % p.row_blocks) * Traits::kRows,
                                      reinterpret_cast<float*>(stages), kStoreBarrier,
                                      [&](int j, int i) { return last.of(total[j][i], i / 2); });
}

template <typename Traits>
Status launch_byte_tiles(const GemmParams& params, const typename Traits::Product& product, cudaStream_t stream) {
  const Segments segments = segments_of(params.k);
  ByteLaunch<Traits> p;
  p.op = params;
  p.product = product;
  p.op.num_tiles = ceil_div<int64_t>(params.columns, Traits::kColumns);
  p.segments = segments.count;
  p.segment_blocks = segments.chunks / (kScaleBlock / 32);
  p.row_blocks = static_cast<uint32_t>(ceil_div<int64_t>(params.n, Traits::kRows));
  p.weight_vectors = all_multiples_of_16(address_of(params.weight.data), params.weight.stride1);
  p.x_vectors = all_multiples_of_16(address_of(params.x.data), params.x.stride0);
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_blocks * p.op.num_tiles));
  if constexpr (Traits::kStaged) {
    shape.block = dim3(Traits::kThreads);
    static_assert(store_bytes<Traits::kColumns>() <= kByteStages * sizeof(ByteStage<Traits>) &&
                      Traits::kWarps == kStoreWarps,
                  "results fit where the stages were");
    shape.dynamic_shared_bytes = kByteStages * sizeof(ByteStage<Traits>);
    return launch(byte_wide_kernel<Traits>, shape, stream, p);
  } else {
    shape.block = dim3(static_cast<unsigned>(p.segments * kWarpSize));
    return launch(byte_narrow_kernel<Traits>, shape, stream, p);
  }
}

template <typename Product>
Status launch_byte_product(const GemmParams& params, const Product& product, cudaStream_t stream) {
  return params.columns <= kByteTiles[0].columns
             ? launch_byte_tiles<ByteTraits<Product, false>>(params, product, stream)
             : launch_byte_tiles<ByteTraits<Product, true>>(params, product, stream);
}

}  // namespace levin
