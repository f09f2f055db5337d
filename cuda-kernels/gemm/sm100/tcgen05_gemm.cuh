// The product kernel of Blackwell's data-centre chips: out[t, n] = residual + scale * (weight[n] . x[t] +
// bias[n]). Compiled for sm_100a and run on the emulator; never yet on a chip.
//
// Roles. A block has 128 weight rows, the lanes of tensor memory, by 128 tokens, its columns. One warp keeps a
// ring of stages full by TMA, one thread of another issues the products, which read the stages and sum in tensor
// memory, and four warps take the sums from there, 32 lanes each: a thread has one weight row, so that a warp
// writes neighbouring values of a token's row.
//
// Bits. Every product that is_tcgen05_product takes runs here with the same instruction, m128n128k16, in the order
// of K, for one token as for thousands; tokens are padded with zeros.
//
// Limits: K, N and T below 2^31.
#pragma once

#include "common/launch.h"
#include "gemm/gemm.cuh"
#include "gemm/sm100/tcgen05_gemm.h"
#include "gemm/tma_ring.cuh"
#include "ptx/tcgen05.h"

namespace levin {

constexpr int kTensorRows = 128;
constexpr int kTensorColumns = 128;
constexpr int kTensorStages = 6;  // limit: 192 KiB of shared memory
constexpr int kTensorStoreWarps = 4;
constexpr int kTensorProducerWarp = kTensorStoreWarps;
constexpr int kTensorProductWarp = kTensorStoreWarps + 1;
constexpr int kTensorThreads = (kTensorStoreWarps + 2) * kWarpSize;
constexpr int kTensorStepBytes = 32;  // of K, an instruction
constexpr int kTensorLoadColumns = 8;

struct TensorLaunch {
  TmaOperands operands;
  GemmParams op;
  uint32_t row_blocks;
  uint32_t product;
  int stage_values;
};

struct TensorShared {
  TmaRing<kTensorRows, kTensorColumns, kTensorStages> ring;
  uint64_t summed;
  uint32_t sums;  // where they are in tensor memory
};

// One thread issues all products of the block.
__device__ inline void issue_products(const TensorLaunch& p, int64_t steps, uint32_t sums, TensorShared& shared) {
  for (int64_t step = 0; step < steps; ++step) {
    const auto& stage = shared.ring.wait(step);
    tcgen05_fence_after();
    const uint64_t a = tcgen05_descriptor(stage.weight);
    const uint64_t b = tcgen05_descriptor(stage.x);
#pragma unroll
    for (int at = 0; at < kSwizzleBytes; at += kTensorStepBytes) {
      tcgen05_mma_f16(sums, tcgen05_advance(a, at), tcgen05_advance(b, at), p.product, step > 0 || at > 0);
    }
    tcgen05_commit(&shared.ring.empty[shared.ring.index(step)]);
  }
  tcgen05_commit(&shared.summed);
}

// A template, so that its one instantiation is where it is launched.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) tcgen05_gemm_kernel(const __grid_constant__ TensorLaunch p) {
  TensorShared& shared = *dynamic_shared<TensorShared>();
  const int warp = static_cast<int>(threadIdx.x) / kWarpSize;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x % p.row_blocks) * kTensorRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, kTensorColumns);
  const int64_t steps = ceil_div<int64_t>(p.op.k, p.stage_values);

  if (threadIdx.x == 0) {
    mbarrier_init(&shared.summed, 1);
    shared.ring.init(1);
  }
  if (warp == kTensorProductWarp) {
    tcgen05_alloc(&shared.sums, kTensorColumns);
    tcgen05_fence_before();
  }
  __syncthreads();
  tcgen05_fence_after();
  const uint32_t sums = shared.sums;

  if (warp == kTensorProducerWarp) {
    if (lane == 0) {
      shared.ring.produce(p.operands, steps, p.stage_values, static_cast<int32_t>(first_row), columns.tile.first);
    }
  } else if (warp == kTensorProductWarp) {
    if (lane == 0) {
      issue_products(p, steps, sums, shared);
    }
  } else {
    mbarrier_wait(&shared.summed, 0);
    tcgen05_fence_after();
    const int64_t n = first_row + warp * kWarpSize + lane;
    for (int first = 0; first < columns.tile.count; first += kTensorLoadColumns) {
      float values[kTensorLoadColumns];
      tcgen05_ld_x8(values, sums + (static_cast<uint32_t>(warp * kWarpSize) << 16) + static_cast<uint32_t>(first));
      tcgen05_wait_ld(values);
#pragma unroll
      for (int i = 0; i < kTensorLoadColumns; ++i) {
        columns.store(first + i, n, values[i]);
      }
    }
    tcgen05_fence_before();
  }

  // Single threads come back to their warps.
  __syncwarp();
  __syncthreads();
  if (warp == kTensorProductWarp) {
    tcgen05_fence_after();
    tcgen05_dealloc(sums, kTensorColumns);
  }
}

}  // namespace levin
