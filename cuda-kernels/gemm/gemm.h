// What one product kernel needs, dense, by head or by expert. Host and device.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Columns of a product that share a weight plane.
struct GemmTile {
  int32_t plane;  // -1: no such expert, results are NaN
  int32_t first;  // column of the tile's first row
  int32_t count;
  int32_t unused;
};

// Values of K that share a scale of activations by block.
constexpr int kScaleBlock = 128;

// WeightScales of mixed_linear.h as the kernel wants them: chunks of 32 values, and 32-bit divisors.
struct ExternalScales {
  MatrixView<const uint8_t> scales, zeros;
  uint32_t rows_per_scale, chunks_per_scale;
  DType dtype;
  bool e8m0;
};

// A column is a row of x: token t, and of its inner rows one head or one chosen expert j. Column c of a product
// by expert is t = c / inner, j = c % inner; of one by head, t = c and j is the plane.
struct GemmParams {
  CubeView<const uint8_t> weight;      // [planes, N, K]
  CubeView<const uint8_t> x;           // [T, inner, K] of x_dtype
  CubeView<uint8_t> out;               // [T, inner, N] of out_dtype
  MatrixView<const float> bias;        // [planes, N] or null
  MatrixView<const uint8_t> residual;  // [T, N] of out_dtype or null
  MatrixView<const float> x_scale;     // [T, 1]: factors of sums before bias; by_block: [T, K / 128]; or null
  ExternalScales scales;               // of formats with kExternalScale
  const int32_t* order;                // [columns] column of each tile row, or null for 0, 1, 2, ...
  const GemmTile* tiles;               // by expert; null: planes times tiles of columns
  MatrixView<const int32_t> ids;       // [T, inner] without tiles: one column a tile, its plane; or null
  int64_t columns, inner, planes, n, k;
  int64_t num_tiles;  // of columns, all planes together
  float scale;
  DType x_dtype, out_dtype;
  bool by_expert;
  bool x_scale_by_block;  // one for kScaleBlock values; products of bytes only
};

// Tiles of columns that the launch of a format may choose; see tiles/gemm_tiles.h.
template <typename Format>
Status launch_gemm(const GemmParams& params, int tile_columns, cudaStream_t stream);

Status launch_gemm(DType dtype, const GemmParams& params, int tile_columns, cudaStream_t stream);

}  // namespace levin
