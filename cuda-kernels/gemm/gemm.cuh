// The product kernel: out[column, n] = residual + scale * (weight[plane, n] . x[column] + bias[plane, n]).
//
// A block has 16 weight rows per warp and a tile of columns. Weights go from memory to registers, where the one
// lane that needs a value decodes it; nothing but activations passes through shared memory. K is cut into segments
// (tiles/gemm_tiles.h): narrow tiles give each segment a warp and add the sums in shared memory, wide ones walk
// the segments one after another. Both add them in the same order, so a row has the same bits in either.
//
// Limits: K below 2^31, rows as views.h says.
#pragma once

#include "common/launch.h"
#include "gemm/fragments.cuh"
#include "gemm/gemm.h"
#include "tiles/gemm_tiles.h"

namespace levin {

constexpr int kTileRows = 16;    // of an mma
constexpr int kTileColumns = 8;  // of an mma
constexpr int kStageChunks = 2;  // of activations in a stage of shared memory

template <typename WeightFormat, int kColumns_, int kWarps_, bool kStaged_>
struct GemmTraits {
  using Format = WeightFormat;
  static constexpr int kColumns = kColumns_;
  static constexpr int kColumnTiles = kColumns_ / kTileColumns;
  static constexpr int kWarps = kStaged_ ? kWarps_ : kMaxSegments;
  static constexpr int kThreads = kWarps * kWarpSize;
  static constexpr int kRows = kStaged_ ? kWarps_ * kTileRows : kTileRows;
  static constexpr bool kStaged = kStaged_;
};

// Which rows of x and out a block has, and which weight plane.
struct BlockColumns {
  const GemmParams& p;
  GemmTile tile;

  __device__ BlockColumns(const GemmParams& params, int64_t index, int tile_columns) : p(params) {
    if (p.tiles != nullptr) {
      tile = p.tiles[index];
    } else if (p.by_expert) {
      const int64_t plane = p.ids.row(index / p.inner)[index % p.inner];
      tile.plane = plane >= 0 && plane < p.planes ? static_cast<int32_t>(plane) : -1;
      tile.first = static_cast<int32_t>(index);
      tile.count = 1;
    } else {
      tile.plane = static_cast<int32_t>(index % p.planes);
      tile.first = static_cast<int32_t>(index / p.planes * tile_columns);
      const int64_t rest = p.columns - tile.first;
      tile.count = static_cast<int32_t>(rest < tile_columns ? rest : tile_columns);
    }
  }

  __device__ int64_t column(int i) const { return p.order == nullptr ? tile.first + i : p.order[tile.first + i]; }
  __device__ int64_t token(int64_t column) const { return p.by_expert ? column / p.inner : column; }
  __device__ int64_t inner(int64_t column) const { return p.by_expert ? column % p.inner : tile.plane; }

  // Null past the tile's last row.
  __device__ const uint8_t* x_row(int i) const {
    if (i >= tile.count) {
      return nullptr;
    }
    const int64_t c = column(i);
    return p.x.row(token(c), inner(c));
  }

  __device__ void store(int i, int64_t n, float sum) const {
    if (i >= tile.count || n >= p.n) {
      return;
    }
    const int64_t c = column(i);
    const int64_t t = token(c);
    float value = p.x_scale.data == nullptr || p.x_scale_by_block ? sum : sum * *p.x_scale.row(t);
    value += p.bias.data == nullptr || tile.plane < 0 ? 0.0f : p.bias.row(tile.plane)[n];
    const float start = p.residual.data == nullptr ? 0.0f : read_activation(p.residual.row(t), n, p.out_dtype);
    write_activation(p.out.row(t, inner(c)), n, p.out_dtype,
                     tile.plane < 0 ? quiet_nan() : fmaf(p.scale, value, start));
  }
};

template <typename Traits>
struct GemmLaunch {
  GemmParams op;
  Segments segments;
  int64_t row_blocks;  // of weights
  ActivationSource activations;
};

// Activations of a stage as fragments, ready to be read by lane.
template <int kColumnTiles>
struct ActivationStage {
  uint4 high[kStageChunks][kColumnTiles][kWarpSize];
  uint4 low[kStageChunks][kColumnTiles][kWarpSize];
  float sums[kStageChunks][kColumnTiles][2][kTileColumns];
};

template <bool kSums>
__device__ inline ActivationFragment fragment_of(const float (&values)[kCodesPerThread], int quad) {
  ActivationFragment x;
  const SplitValues split = SplitValues::of(values);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    x.high[i / 2][i % 2] = split.high[i];
    x.low[i / 2][i % 2] = split.low[i];
  }
  if (kSums) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float sum = half_sum(values, half);
      // Column c is row c of the activations, which lanes 4c .. 4c + 3 hold.
      x.sums[half][0] = __shfl_sync(kAllLanes, sum, 8 * quad);
      x.sums[half][1] = __shfl_sync(kAllLanes, sum, 8 * quad + 4);
    }
  }
  return x;
}

template <typename Traits>
__device__ void fill_stage(const GemmLaunch<Traits>& p, const BlockColumns& columns, int64_t first_chunk,
                           int64_t end_chunk, ActivationStage<Traits::kColumnTiles>& stage) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int quad = lane % kQuad;
  for (int item = static_cast<int>(threadIdx.x) / kWarpSize; item < kStageChunks * Traits::kColumnTiles;
       item += Traits::kWarps) {
    const int c = item / Traits::kColumnTiles;
    const int tile = item % Traits::kColumnTiles;
    if (first_chunk + c >= end_chunk || tile * kTileColumns >= columns.tile.count) {
      continue;
    }
    float values[kCodesPerThread];
    load_activations(columns.x_row(tile * kTileColumns + lane / kQuad), first_chunk + c, quad, p.activations,
                     values);
    const SplitValues split = SplitValues::of(values);
    stage.high[c][tile][lane] = make_uint4(split.high[0], split.high[1], split.high[2], split.high[3]);
    stage.low[c][tile][lane] = make_uint4(split.low[0], split.low[1], split.low[2], split.low[3]);
    if (Traits::Format::kHasOffset) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float sum = half_sum(values, half);
        if (quad == 0) {
          stage.sums[c][tile][half][lane / kQuad] = sum;
        }
      }
    }
  }
}

template <typename Traits>
__device__ ActivationFragment read_stage(const ActivationStage<Traits::kColumnTiles>& stage, int c, int tile,
                                         int lane) {
  const uint4 high = stage.high[c][tile][lane];
  const uint4 low = stage.low[c][tile][lane];
  ActivationFragment x{{{high.x, high.y}, {high.z, high.w}}, {{low.x, low.y}, {low.z, low.w}}, {}};
  if (Traits::Format::kHasOffset) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      x.sums[half][0] = stage.sums[c][tile][half][2 * (lane % kQuad)];
      x.sums[half][1] = stage.sums[c][tile][half][2 * (lane % kQuad) + 1];
    }
  }
  return x;
}

template <typename Traits>
using Accumulators = float[Traits::kColumnTiles][4];

template <typename Traits>
__device__ inline void store_tile(const BlockColumns& columns, int64_t first_row, int lane,
                                  const Accumulators<Traits>& total) {
#pragma unroll
  for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      columns.store(tile * kTileColumns + 2 * (lane % kQuad) + i % 2, first_row + lane / kQuad + i / 2 * 8,
                    total[tile][i]);
    }
  }
}

// A warp per segment of K.
template <typename Traits>
__global__ void __launch_bounds__(Traits::kThreads)
    gemm_narrow_kernel(const __grid_constant__ GemmLaunch<Traits> p) {
  using Format = typename Traits::Format;
  __shared__ float partial[kMaxSegments - 1][Traits::kColumnTiles][4][kWarpSize];
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int segment = static_cast<int>(threadIdx.x) / kWarpSize;
  const int quad = lane % kQuad;
  const int64_t first_row = blockIdx.x % p.row_blocks * Traits::kRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, Traits::kColumns);

  // Weight rows past the last are computed as that one.
  const int64_t plane = columns.tile.plane < 0 ? 0 : columns.tile.plane;
  const int64_t row0 = first_row + lane / kQuad;
  const int64_t n0 = row0 < p.op.n ? row0 : p.op.n - 1;
  const int64_t n1 = row0 + 8 < p.op.n ? row0 + 8 : p.op.n - 1;
  const uint8_t* weight0 = p.op.weight.row(plane, n0);
  const uint8_t* weight1 = p.op.weight.row(plane, n1);
  const uint8_t* x_rows[Traits::kColumnTiles];
#pragma unroll
  for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
    x_rows[tile] = columns.x_row(tile * kTileColumns + lane / kQuad);
  }

  Accumulators<Traits> acc = {};
  const int64_t chunks = ceil_div<int64_t>(p.op.k, kChunk);
  const int64_t begin = segment * p.segments.chunks;
  const int64_t end = begin + p.segments.chunks < chunks ? begin + p.segments.chunks : chunks;
  for (int64_t chunk = columns.tile.plane < 0 ? end : begin; chunk < end; ++chunk) {
    WeightFragment<Format> w;
    w.decode(weight0, weight1, chunk, quad, p.op.k, p.op.scales, n0, n1);
#pragma unroll
    for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
      if (tile * kTileColumns < columns.tile.count) {
        float values[kCodesPerThread];
        load_activations(x_rows[tile], chunk, quad, p.activations, values);
        multiply_chunk<Format>(w, fragment_of<Format::kHasOffset>(values, quad), p.activations.low_terms(),
                               acc[tile]);
      }
    }
  }

  // Sums of segments, in order.
  if (p.segments.count > 1) {
    if (segment > 0) {
#pragma unroll
      for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          partial[segment - 1][tile][i][lane] = acc[tile][i];
        }
      }
    }
    __syncthreads();
    if (segment > 0) {
      return;
    }
    for (int s = 1; s < p.segments.count; ++s) {
#pragma unroll
      for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          acc[tile][i] += partial[s - 1][tile][i][lane];
        }
      }
    }
  }
  store_tile<Traits>(columns, first_row, lane, acc);
}

// All segments by every warp, activations through shared memory.
template <typename Traits>
__global__ void __launch_bounds__(Traits::kThreads)
    gemm_wide_kernel(const __grid_constant__ GemmLaunch<Traits> p) {
  using Format = typename Traits::Format;
  using Stage = ActivationStage<Traits::kColumnTiles>;
  Stage* stages = dynamic_shared<Stage>();
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int quad = lane % kQuad;
  const int64_t first_row =
      blockIdx.x % p.row_blocks * Traits::kRows + static_cast<int64_t>(threadIdx.x) / kWarpSize * kTileRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, Traits::kColumns);
  if (columns.tile.count == 0) {
    return;
  }

  const int64_t plane = columns.tile.plane < 0 ? 0 : columns.tile.plane;
  const int64_t row0 = first_row + lane / kQuad;
  const int64_t n0 = row0 < p.op.n ? row0 : p.op.n - 1;
  const int64_t n1 = row0 + 8 < p.op.n ? row0 + 8 : p.op.n - 1;
  const uint8_t* weight0 = p.op.weight.row(plane, n0);
  const uint8_t* weight1 = p.op.weight.row(plane, n1);

  Accumulators<Traits> total = {};
  const int64_t chunks = columns.tile.plane < 0 ? 0 : ceil_div<int64_t>(p.op.k, kChunk);
  int parity = 0;
  for (int segment = 0; segment < p.segments.count; ++segment) {
    Accumulators<Traits> acc = {};
    const int64_t begin = segment * p.segments.chunks;
    const int64_t end = begin + p.segments.chunks < chunks ? begin + p.segments.chunks : chunks;
    for (int64_t chunk = begin; chunk < end; chunk += kStageChunks) {
      // Whoever still reads the stage before this one reads the other buffer.
      Stage& stage = stages[parity];
      parity ^= 1;
      fill_stage<Traits>(p, columns, chunk, end, stage);
      __syncthreads();
      if (first_row >= p.op.n) {
        continue;
      }
      for (int c = 0; c < kStageChunks && chunk + c < end; ++c) {
        WeightFragment<Format> w;
        w.decode(weight0, weight1, chunk + c, quad, p.op.k, p.op.scales, n0, n1);
#pragma unroll
        for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
          if (tile * kTileColumns < columns.tile.count) {
            multiply_chunk<Format>(w, read_stage<Traits>(stage, c, tile, lane), p.activations.low_terms(),
                                   acc[tile]);
          }
        }
      }
    }
#pragma unroll
    for (int tile = 0; tile < Traits::kColumnTiles; ++tile) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        total[tile][i] = segment == 0 ? acc[tile][i] : total[tile][i] + acc[tile][i];
      }
    }
  }
  store_tile<Traits>(columns, first_row, lane, total);
}

template <typename Traits>
Status launch_tiles(const GemmParams& params, cudaStream_t stream) {
  GemmLaunch<Traits> p;
  p.op = params;
  p.segments = segments_of(params.k);
  p.row_blocks = ceil_div<int64_t>(params.n, Traits::kRows);
  p.activations = {params.k, params.x_dtype,
                   all_multiples_of_16(address_of(params.x.data), params.x.stride0, params.x.stride1)};
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_blocks * params.num_tiles));
  if constexpr (Traits::kStaged) {
    shape.block = dim3(Traits::kThreads);
    shape.dynamic_shared_bytes = 2 * sizeof(ActivationStage<Traits::kColumnTiles>);
    return launch(gemm_wide_kernel<Traits>, shape, stream, p);
  } else {
    shape.block = dim3(static_cast<unsigned>(p.segments.count * kWarpSize));
    return launch(gemm_narrow_kernel<Traits>, shape, stream, p);
  }
}

template <typename Format>
Status launch_gemm(const GemmParams& params, int tile_columns, cudaStream_t stream) {
  switch (tile_columns) {
    case kGemmTiles[0].columns:
      return launch_tiles<GemmTraits<Format, kGemmTiles[0].columns, 1, false>>(params, stream);
    case kGemmTiles[1].columns:
      return launch_tiles<GemmTraits<Format, kGemmTiles[1].columns, 1, false>>(params, stream);
    default:
      return launch_tiles<GemmTraits<Format, kGemmTiles[2].columns, kGemmTiles[2].warps, true>>(params, stream);
  }
}

}  // namespace levin
