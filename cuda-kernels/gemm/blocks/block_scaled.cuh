// The product kernel of block-scaled formats: out[t, n] = residual + (scale * (weight[n] . x[t]) + bias[n]).
//
// A block of four warps has 64 weight rows by 64 tokens, a warp 16 rows by all tokens. Both operands and their
// scales pass through shared memory by cp.async, 128 bytes of K a stage, 16-byte pieces of a row exclusive-ored
// with the row's number so that ldmatrix meets no bank twice. Sums run over all of K in order.
//
// Limits: rows at multiples of 16 bytes are copied by 16 bytes, others byte by byte; scales by 4 bytes likewise.
#pragma once

#include "common/launch.h"
#include "gemm/blocks/block_formats.cuh"
#include "gemm/byte_fragments.cuh"
#include "gemm/tile_store.cuh"
#include "levin/kernels/block_scaled.h"
#include "ptx/cp_async.h"
#include "ptx/ldmatrix.h"

namespace levin {

constexpr int kBlockTileRows = 64;  // of weights, and of tokens
constexpr int kBlockThreads = 128;
constexpr int kBlockStages = 3;
constexpr int kBlockStageBytes = 128;
constexpr int kPiecesOfRow = kBlockStageBytes / kPieceBytes;
constexpr int kBlockStoreBarrier = 1;

// kWiden: bfloat16 in any case; for tests.
template <typename BlockFormat_, bool kWiden>
struct BlockTraits {
  using Format = BlockFormat_;
  static constexpr bool kNative = kHasBlockScaledMma && !kWiden;
  static constexpr int kScaleWords = Format::kStepScales;  // of a row and a stage, whose steps are four
  static constexpr int kStepsAtOnce = kNative ? 4 : 1;     // unrolled: widening is long enough as it is
};

struct BlockOperand {
  BlockMatrix<const uint8_t> matrix;
  int64_t rows, row_bytes, scale_bytes;
  bool vectors, scale_words;
};

template <typename Traits>
struct BlockLaunch {
  BlockOperand weight, x;
  GemmParams op;  // what results need
  uint32_t row_blocks;
  float scale;
};

template <typename Traits>
struct BlockOperandStage {
  uint4 pieces[kBlockTileRows][kPiecesOfRow];
  uint32_t scales[kBlockTileRows][Traits::kScaleWords];

  __device__ uint4& piece(int row, int i) { return pieces[row][i ^ (row % kPiecesOfRow)]; }
  __device__ const uint4& piece(int row, int i) const { return pieces[row][i ^ (row % kPiecesOfRow)]; }

  // Scales of one of the stage's steps.
  __device__ uint32_t step_scales(int row, int step) const {
    constexpr int kBytes = Traits::Format::kStepScales;
    return scales[row][step * kBytes / 4] >> (step * kBytes % 4 * 8);
  }
};

template <typename Traits>
struct BlockStage {
  BlockOperandStage<Traits> weight, x;
};

// Up to kBytes from at on, zeros beyond what there is.
template <int kBytes>
__device__ inline uint32_t bytes_left(int64_t at, int64_t size) {
  const int64_t rest = size - at;
  return static_cast<uint32_t>(rest < 0 ? 0 : rest < kBytes ? rest : kBytes);
}

// Starts to copy a stage of an operand whose tile begins at first_row; rows and bytes that do not exist are zeros.
template <typename Traits>
__device__ inline void start_operand(const BlockOperand& operand, int64_t first_row, int64_t stage,
                                     BlockOperandStage<Traits>& to) {
  const uint8_t* codes = operand.matrix.codes.data;
  for (int item = static_cast<int>(threadIdx.x); item < kBlockTileRows * kPiecesOfRow; item += kBlockThreads) {
    const int row = item / kPiecesOfRow;
    const int i = item % kPiecesOfRow;
    const int64_t at = stage * kBlockStageBytes + i * kPieceBytes;
    const bool exists = first_row + row < operand.rows;
    const uint8_t* from = operand.matrix.codes.row(exists ? first_row + row : 0);
    const int64_t size = exists ? operand.row_bytes : 0;
    if (operand.vectors) {
      const uint32_t bytes = bytes_left<kPieceBytes>(at, size);
      cp_async_16(&to.piece(row, i), bytes == 0 ? codes : from + at, bytes);
    } else {
      to.piece(row, i) = load_piece(from, at, size, false);
    }
  }
  const uint8_t* scales = operand.matrix.scales.data;
  for (int item = static_cast<int>(threadIdx.x); item < kBlockTileRows * Traits::kScaleWords;
       item += kBlockThreads) {
    const int row = item / Traits::kScaleWords;
    const int i = item % Traits::kScaleWords;
    const int64_t at = (stage * Traits::kScaleWords + i) * 4;
    const bool exists = first_row + row < operand.rows;
    const uint8_t* from = operand.matrix.scales.row(exists ? first_row + row : 0);
    const uint32_t bytes = bytes_left<4>(at, exists ? operand.scale_bytes : 0);
    if (operand.scale_words) {
      cp_async_ca<4>(&to.scales[row][i], bytes == 0 ? scales : from + at, bytes);
    } else {
      uint32_t word = 0;
      for (uint32_t byte = 0; byte < bytes; ++byte) {
        word |= static_cast<uint32_t>(from[at + byte]) << (8 * byte);
      }
      to.scales[row][i] = word;
    }
  }
}

using BlockSums = float[kBlockTileRows / kTileColumns][4];

template <typename Traits>
__device__ inline void multiply_stage(const BlockStage<Traits>& stage, int warp, int lane, int count,
                                      BlockSums& acc) {
  const int quad = lane % kQuad;
  const int weight_row = warp * kTileRows + lane / kQuad;
#pragma unroll Traits::kStepsAtOnce
  for (int step = 0; step < kBlockStageBytes / kStepBytes; ++step) {
    uint32_t a[4];
    // Rows 0 to 7, 8 to 15 of the first 16 bytes, then of the second.
    ldmatrix_x4(a, &stage.weight.piece(warp * kTileRows + lane % 16, 2 * step + lane / 16));
    StepScales scales;
    scales.weight[0] = stage.weight.step_scales(weight_row, step);
    scales.weight[1] = stage.weight.step_scales(weight_row + 8, step);
#pragma unroll
    for (int tile = 0; tile < kBlockTileRows / kTileColumns; ++tile) {
      if (tile * kTileColumns < count) {
        uint32_t b[2];
        ldmatrix_x2(b, &stage.x.piece(tile * kTileColumns + lane % 8, 2 * step + lane / 8 % 2));
        scales.column = stage.x.step_scales(tile * kTileColumns + lane / kQuad, step);
        if constexpr (Traits::kNative) {
          Traits::Format::multiply(acc[tile], a, b, quad, scales);
        } else {
          Traits::Format::multiply_widened(acc[tile], a, b, quad, scales);
        }
      }
    }
  }
}

template <typename Traits>
__global__ void __launch_bounds__(kBlockThreads, 2)
    block_scaled_kernel(const __grid_constant__ BlockLaunch<Traits> p) {
  using Stage = BlockStage<Traits>;
  Stage* stages = dynamic_shared<Stage>();
  const int warp = static_cast<int>(threadIdx.x) / kWarpSize;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x % p.row_blocks) * kBlockTileRows;
  const BlockColumns columns(p.op, blockIdx.x / p.row_blocks, kBlockTileRows);
  const int64_t steps = ceil_div<int64_t>(p.weight.row_bytes, kBlockStageBytes);

  const auto start = [&](int64_t step) {
    if (step < steps) {
      Stage& stage = stages[step % kBlockStages];
      start_operand<Traits>(p.weight, first_row, step, stage.weight);
      start_operand<Traits>(p.x, columns.tile.first, step, stage.x);
    }
    cp_async_commit_group();
  };
  for (int s = 0; s < kBlockStages - 1; ++s) {
    start(s);
  }
  BlockSums acc = {};
  for (int64_t step = 0; step < steps; ++step) {
    cp_async_wait_group<kBlockStages - 2>();
    // Nobody reads the stage before this one any more: the next copy goes there.
    __syncthreads();
    start(step + kBlockStages - 1);
    multiply_stage<Traits>(stages[step % kBlockStages], warp, lane, columns.tile.count, acc);
  }
  __syncthreads();
  store_by_rows<kBlockTileRows / kTileColumns>(columns, first_row, reinterpret_cast<float*>(stages),
                                               kBlockStoreBarrier,
                                               [&](int j, int i) { return p.scale * acc[j][i]; });
}

inline BlockOperand block_operand(const BlockMatrix<const uint8_t>& matrix, BlockFormat format, int64_t rows,
                                  int64_t k) {
  return {matrix,
          rows,
          block_row_bytes(format, k),
          k / block_values(format),
          all_multiples_of_16(address_of(matrix.codes.data), matrix.codes.stride0),
          all_multiples_of(4, address_of(matrix.scales.data), matrix.scales.stride0)};
}

template <typename Format, bool kWiden>
Status launch_block_scaled(const BlockScaledLinearParams& params, cudaStream_t stream) {
  using Traits = BlockTraits<Format, kWiden>;
  static_assert(store_bytes<kBlockTileRows>() <= kBlockStages * sizeof(BlockStage<Traits>),
                "results fit where the stages were");
  BlockLaunch<Traits> p = {};
  p.weight = block_operand(params.weight, params.format, params.n, params.k);
  p.x = block_operand(params.x, params.format, params.tokens, params.k);
  p.op.bias = {params.bias, 0};
  p.op.residual = params.residual;
  p.op.out = {params.out.data, params.out.stride0, 0};
  p.op.columns = params.tokens;
  p.op.inner = 1;
  p.op.planes = 1;
  p.op.n = params.n;
  p.op.k = params.k;
  p.op.scale = 1.0f;
  p.op.out_dtype = params.out_dtype;
  p.scale = params.scale;
  p.row_blocks = static_cast<uint32_t>(ceil_div<int64_t>(params.n, kBlockTileRows));
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_blocks * ceil_div<int64_t>(params.tokens, kBlockTileRows)));
  shape.block = dim3(kBlockThreads);
  shape.dynamic_shared_bytes = kBlockStages * sizeof(BlockStage<Traits>);
  return launch(block_scaled_kernel<Traits>, shape, stream, p);
}

}  // namespace levin
