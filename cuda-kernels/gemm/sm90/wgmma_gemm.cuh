// The product kernel of Hopper: out[t, n] = residual + scale * (x_scale * (weight[n] . x[t]) + bias[n]).
//
// Roles. A producer warp keeps a ring of stages full by TMA: 128 bytes of K of the tile's weight rows and of its
// tokens, 128-byte swizzled. Each consumer warpgroup multiplies 64 weight rows (the M of wgmma) by 64 tokens an
// instruction (its N), both from shared memory, and hands the stage back through an mbarrier.
//
// Sums. 16-bit types: one accumulator over all of K, 16 values an instruction. E4M3: the tensor core sums 128
// values, the extent of a scale and more than the 13 bits it keeps could bear much longer, and the scaled sums are
// added in float32, in order.
//
// Bits. Every product that is_wgmma_product takes runs here, for one token as for thousands, so no other kernel's
// order is ever mixed with this one. Tiles differ only in how many rows and tokens a block has; all use the same
// instruction, m64n64, on the same operands in the same order over K, tokens padded with zeros.
//
// Limits: K below 2^31, N and T below 2^31.
#pragma once

#include "common/launch.h"
#include "gemm/gemm.cuh"
#include "gemm/sm90/wgmma_gemm.h"
#include "gemm/tile_store.cuh"
#include "gemm/tma_ring.cuh"
#include "ptx/barrier.h"
#include "ptx/wgmma.h"
#include "tiles/wgmma_tiles.h"

namespace levin {

constexpr int kWarpgroupThreads = 128;
constexpr int kWarpgroupWarps = 4;
constexpr int kWgmmaRows = 64;
constexpr int kWgmmaSteps = 4;       // instructions over a stage's K
constexpr int kWgmmaStepBytes = 32;  // of K

using WgmmaSums = float[kWgmmaColumns / 2];

struct Bf16Wgmma {
  static constexpr DType kType = DType::kBF16;
  static constexpr int kBytes = 2;
  static constexpr bool kScaled = false;
  static __device__ void multiply(WgmmaSums& d, uint64_t a, uint64_t b, bool accumulate) {
    wgmma_m64n64k16_bf16_ss(d, a, b, accumulate);
  }
};

struct F16Wgmma {
  static constexpr DType kType = DType::kF16;
  static constexpr int kBytes = 2;
  static constexpr bool kScaled = false;
  static __device__ void multiply(WgmmaSums& d, uint64_t a, uint64_t b, bool accumulate) {
    wgmma_m64n64k16_f16_ss(d, a, b, accumulate);
  }
};

struct E4m3Wgmma {
  static constexpr DType kType = DType::kF8_E4M3;
  static constexpr int kBytes = 1;
  static constexpr bool kScaled = true;
  static __device__ void multiply(WgmmaSums& d, uint64_t a, uint64_t b, bool accumulate) {
    wgmma_m64n64k32_e4m3_ss(d, a, b, accumulate);
  }
};

template <typename WgmmaProduct, bool kLarge>
struct WgmmaTraits {
  using Product = WgmmaProduct;
  static constexpr WgmmaTileShape kTile = kWgmmaTiles[kLarge];
  static constexpr int kWarpgroups = kTile.warpgroups;
  static constexpr int kRows = kWarpgroups * kWgmmaRows;
  static constexpr int kColumns = kTile.columns;
  static constexpr int kParts = kColumns / kWgmmaColumns;  // wgmma side by side
  static constexpr int kStages = kTile.stages;
  static constexpr int kConsumerThreads = kWarpgroups * kWarpgroupThreads;
  static constexpr int kThreads = kConsumerThreads + kWarpSize;
  static constexpr int kStageValues = kSwizzleBytes / Product::kBytes;
};

template <typename Traits>
struct WgmmaLaunch {
  TmaOperands operands;  // boxes of kRows and kColumns
  GemmParams op;
  uint32_t row_blocks;
};

template <typename Traits>
struct WgmmaShared {
  // Its stages hold results on their way out in the end.
  TmaRing<Traits::kRows, Traits::kColumns, Traits::kStages> ring;
  // Of a block of 128 values, for each warpgroup, twice: the next is written while one is read.
  float x_scales[Traits::kWarpgroups][2][Traits::kColumns];
};

enum class WgmmaBarrier : int { kAllMultiplied = 1, kFirstWarpgroup = 2 };

__device__ inline int warpgroup_barrier(int warpgroup) {
  return static_cast<int>(WgmmaBarrier::kFirstWarpgroup) + warpgroup;
}

// Starts a stage's products and commits them.
template <typename Traits, typename Stage>
__device__ inline void multiply_stage(const Stage& stage, int warpgroup, bool accumulate,
                                      WgmmaSums (&sums)[Traits::kParts]) {
  constexpr uint32_t kEightRows = 8 * kSwizzleBytes;
  const uint64_t a = wgmma_descriptor(stage.weight[warpgroup * kWgmmaRows], 16, kEightRows, WgmmaSwizzle::k128);
  const uint64_t b = wgmma_descriptor(stage.x, 16, kEightRows, WgmmaSwizzle::k128);
  wgmma_fence();
#pragma unroll
  for (int step = 0; step < kWgmmaSteps; ++step) {
#pragma unroll
    for (int part = 0; part < Traits::kParts; ++part) {
      Traits::Product::multiply(sums[part], wgmma_advance(a, step * kWgmmaStepBytes),
                                wgmma_advance(b, part * kWgmmaColumns * kSwizzleBytes + step * kWgmmaStepBytes),
                                accumulate || step > 0);
    }
  }
  wgmma_commit_group();
}

// One arrival of each warp frees a stage.
__device__ inline void release_stage(uint64_t* empty, int lane) {
  if (lane == 0) {
    mbarrier_arrive(empty);
  }
}

template <typename Traits>
__device__ inline void consume_plain(int64_t steps, int warpgroup, int lane, WgmmaShared<Traits>& shared,
                                     WgmmaSums (&acc)[Traits::kParts]) {
  multiply_stage<Traits>(shared.ring.wait(0), warpgroup, false, acc);
#pragma unroll 1
  for (int64_t step = 1; step < steps; ++step) {
    multiply_stage<Traits>(shared.ring.wait(step), warpgroup, true, acc);
    // The products of this stage run on while those of the one before have ended.
    wgmma_wait_group<1>();
    release_stage(&shared.ring.empty[shared.ring.index(step - 1)], lane);
  }
  wgmma_wait_group<0>();
}

// The scale of weight row n for a block of 128 values.
__device__ inline float block_scale(const ExternalScales& scales, uint32_t row, int64_t block) {
  return scale_at(scales, row, static_cast<uint32_t>(block) * (kScaleBlock / 32) / scales.chunks_per_scale);
}

template <typename Traits>
__device__ inline void consume_scaled(const GemmParams& p, const BlockColumns& columns, int64_t steps,
                                      int64_t first_row, int warpgroup, int lane, WgmmaShared<Traits>& shared,
                                      WgmmaSums (&acc)[Traits::kParts]) {
  const int thread = static_cast<int>(threadIdx.x) % kWarpgroupThreads;
  uint32_t scale_row[2];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int64_t n = first_row + lane / kQuad + 8 * r;
    scale_row[r] = static_cast<uint32_t>(n < p.n ? n : p.n - 1) / p.scales.rows_per_scale;
  }
  const float* x_scales = nullptr;
  if (p.x_scale_by_block && thread < columns.tile.count) {
    x_scales = p.x_scale.row(columns.tile.first + thread);
  }
  for (int64_t step = 0; step < steps; ++step) {
    const float weight_scale[2] = {block_scale(p.scales, scale_row[0], step),
                                   block_scale(p.scales, scale_row[1], step)};
    const float x_scale = x_scales == nullptr ? 1.0f : x_scales[step];
    WgmmaSums sums[Traits::kParts];
    multiply_stage<Traits>(shared.ring.wait(step), warpgroup, false, sums);
    float(&scales)[Traits::kColumns] = shared.x_scales[warpgroup][step % 2];
    if (thread < Traits::kColumns) {
      scales[thread] = x_scale;
    }
    bar_sync(warpgroup_barrier(warpgroup), kWarpgroupThreads);
    wgmma_wait_group<0>();
    release_stage(&shared.ring.empty[shared.ring.index(step)], lane);
#pragma unroll
    for (int part = 0; part < Traits::kParts; ++part) {
#pragma unroll
      for (int j = 0; j < kWgmmaColumns / kTileColumns; ++j) {
        const float2 of_columns = *reinterpret_cast<const float2*>(
            &scales[part * kWgmmaColumns + j * kTileColumns + 2 * (lane % kQuad)]);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const float scale = weight_scale[i / 2] * (i % 2 == 0 ? of_columns.x : of_columns.y);
          acc[part][4 * j + i] = fmaf(scale, sums[part][4 * j + i], acc[part][4 * j + i]);
        }
      }
    }
  }
}

template <typename Traits>
__global__ void __launch_bounds__(Traits::kThreads)
    wgmma_gemm_kernel(const __grid_constant__ WgmmaLaunch<Traits> p) {
  WgmmaShared<Traits>& shared = *dynamic_shared<WgmmaShared<Traits>>();
  const int warp = static_cast<int>(threadIdx.x) / kWarpSize;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int64_t block_row = static_cast<int64_t>(blockIdx.x % p.row_blocks) * Traits::kRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, Traits::kColumns);
  const int64_t steps = ceil_div<int64_t>(p.op.k, Traits::kStageValues);

  if (threadIdx.x == 0) {
    shared.ring.init(Traits::kWarpgroups * kWarpgroupWarps);
  }
  __syncthreads();

  // Producer warp.
  if (warp == Traits::kConsumerThreads / kWarpSize) {
    if (lane == 0) {
      shared.ring.produce(p.operands, steps, Traits::kStageValues, static_cast<int32_t>(block_row),
                          columns.tile.first);
    }
    return;
  }

  // Consumer warpgroups.
  const int warpgroup = warp / kWarpgroupWarps;
  const int64_t first_row = block_row + warp * kTileRows;
  WgmmaSums acc[Traits::kParts] = {};
  if constexpr (Traits::Product::kScaled) {
    consume_scaled<Traits>(p.op, columns, steps, first_row, warpgroup, lane, shared, acc);
  } else {
    consume_plain<Traits>(steps, warpgroup, lane, shared, acc);
  }

  // No warp needs the stages any more.
  bar_sync(static_cast<int>(WgmmaBarrier::kAllMultiplied), Traits::kConsumerThreads);
  float* staging = reinterpret_cast<float*>(shared.ring.stages) + warpgroup * Traits::kColumns * kStorePitch;
  constexpr int kTilesOfPart = kWgmmaColumns / kTileColumns;
  store_by_rows<Traits::kColumns / kTileColumns>(
      columns, block_row + warpgroup * kWgmmaRows, staging, warpgroup_barrier(warpgroup),
      [&](int j, int i) { return acc[j / kTilesOfPart][j % kTilesOfPart * 4 + i]; });
}

template <typename Traits>
Status launch_wgmma_tiles(const GemmParams& params, cudaStream_t stream) {
  static_assert(Traits::kWarpgroups * store_bytes<Traits::kColumns>() <= sizeof(WgmmaShared<Traits>::ring.stages),
                "results fit where the stages were");
  WgmmaLaunch<Traits> p;
  p.op = params;
  p.row_blocks = static_cast<uint32_t>(ceil_div<int64_t>(params.n, Traits::kRows));
  const Status status =
      encode_operands(params, Traits::Product::kType, Traits::kRows, Traits::kColumns, &p.operands);
  if (status != Status::kOk) {
    return status;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_blocks * ceil_div<int64_t>(params.columns, Traits::kColumns)));
  shape.block = dim3(Traits::kThreads);
  shape.dynamic_shared_bytes = sizeof(WgmmaShared<Traits>);
  return launch(wgmma_gemm_kernel<Traits>, shape, stream, p);
}

template <typename Product>
Status launch_wgmma_product(const GemmParams& params, cudaStream_t stream) {
  return takes_large_tile(params.columns) ? launch_wgmma_tiles<WgmmaTraits<Product, true>>(params, stream)
                                          : launch_wgmma_tiles<WgmmaTraits<Product, false>>(params, stream);
}

}  // namespace levin
