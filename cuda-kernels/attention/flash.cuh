// Flash attention over pages (Dao et al. 2022) by FMA, for decoding and prefill alike.
//
// A block has one KV head of one sequence and up to kRows packed rows: row r is query row r / G, head r % G of the
// G that share the KV head, so that a key is decoded once for all of them. It walks tiles of 32 keys:
//   1. keys to shared memory as float32          4. values to shared memory
//   2. scores: lane = key, warp w has rows w, w + 4, ...
//   3. softmax of the tile by warp               5. o += p . v: thread = element of the value
// and merges the states of segments of keys in order; split launches leave that to merge_segments.
//
// Every step of a row depends on its own keys and their indices alone, and tiles and segments begin at fixed
// indices, so a row's bits do not depend on chunking, paging, company or splitting. A key that no row may see is
// not read; an entry of the page table outside the cache makes the scores of its keys NaN.
#pragma once

#include "attention/block_rows.cuh"
#include "attention/flash.h"
#include "attention/state.cuh"
#include "attention/visible.cuh"
#include "common/launch.h"
#include "common/vectors.cuh"
#include "quant/codes.cuh"

namespace levin {

template <typename CacheFormat, int kRows_, int kColumns_>
struct FlashTraits {
  using Format = CacheFormat;
  static constexpr int kRows = kRows_;
  static constexpr int kColumns = kColumns_;  // values of a row a thread holds
  static constexpr int kRowsPerWarp = kRows_ / kAttentionWarps;
  static_assert(kRows_ % kAttentionWarps == 0);
};

// Floats from one row to the next in shared memory: an odd number of 16-byte units, so that lanes that read the
// same column of 32 rows meet no bank conflict.
__host__ __device__ inline int64_t tile_stride(int64_t size) { return round_up<int64_t>(size, kChunk) + 4; }

// Dynamic shared memory: queries [kRows], keys or values [kTileKeys], rows of tile_stride each.
struct FlashShared {
  float* queries;
  float* tile;
  int64_t query_stride, key_stride, value_stride;

  __device__ FlashShared(const AttentionParams& p, int rows) {
    query_stride = tile_stride(p.key_size);
    key_stride = query_stride;
    value_stride = tile_stride(p.value_size);
    queries = dynamic_shared<float>();
    tile = queries + rows * query_stride;
  }

  static size_t bytes(const AttentionParams& p, int rows) {
    const int64_t tile_floats = kTileKeys * tile_stride(larger(p.key_size, p.value_size));
    return static_cast<size_t>(rows * tile_stride(p.key_size) + tile_floats) * sizeof(float);
  }
};

// Decodes rows of 32 keys into shared memory; zeros for keys without a page.
template <typename Format>
__device__ void load_tile(const PageView<const uint8_t>& cache, const int (&pages)[kTileKeys], int64_t first_key,
                          int64_t page_size, int64_t head, int64_t size, int64_t stride, float* tile) {
  const int64_t chunks = ceil_div<int64_t>(size, kChunk);
  for (int64_t work = threadIdx.x; work < kTileKeys * chunks * kQuad; work += kAttentionThreads) {
    const int quad = static_cast<int>(work % kQuad);
    const int64_t chunk = work / kQuad % chunks;
    const int key = static_cast<int>(work / kQuad / chunks);
    float values[kCodesPerThread] = {};
    if (pages[key] >= 0) {
      Codes codes;
      Format::decode(cache.row(pages[key], head, (first_key + key) % page_size), chunk, quad, size, codes);
#pragma unroll
      for (int i = 0; i < kCodesPerThread; ++i) {
        values[i] = Format::kScaleGroup == 0 ? codes.value[i] : codes.scale[i / 4] * codes.value[i];
      }
    }
    float* to = tile + key * stride + chunk * kChunk + 4 * quad;
    *reinterpret_cast<float4*>(to) = make_float4(values[0], values[1], values[2], values[3]);
    *reinterpret_cast<float4*>(to + kHalfChunk) = make_float4(values[4], values[5], values[6], values[7]);
  }
}

// In four sums, joined last.
__device__ inline float dot(const float* a, const float* b, int64_t size) {
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  for (int64_t d = 0; d < size; d += 4) {
    const float4 x = *reinterpret_cast<const float4*>(a + d);
    const float4 y = *reinterpret_cast<const float4*>(b + d);
    sum.x = fmaf(x.x, y.x, sum.x);
    sum.y = fmaf(x.y, y.y, sum.y);
    sum.z = fmaf(x.z, y.z, sum.z);
    sum.w = fmaf(x.w, y.w, sum.w);
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

template <typename Traits>
__global__ void __launch_bounds__(kAttentionThreads) flash_kernel(const __grid_constant__ FlashParams p) {
  constexpr int kRows = Traits::kRows;
  constexpr int kColumns = Traits::kColumns;
  constexpr int kRowsPerWarp = Traits::kRowsPerWarp;
  __shared__ int pages[kTileKeys];
  __shared__ __align__(16) float weights[kRows][kTileKeys];
  __shared__ float keep[kRows];            // factor of a row's sums at this tile
  __shared__ MergeFactors factors[kRows];  // of a row's sums at the end of a segment
  __shared__ Finish finishes[kRows];
  const FlashShared shared(p.op, kRows);
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % kWarpSize;
  const int warp = thread / kWarpSize;

  const BlockRows block(p, kRows);
  if (block.rows <= 0) {
    return;
  }
  const int rows = block.rows;
  const bool split = p.partial != nullptr;

  // Rows of this warp, one after another: what they see and their states.
  VisibleKeys seen[kRowsPerWarp];
  SoftmaxState state[kRowsPerWarp];
  SoftmaxState total[kRowsPerWarp];
#pragma unroll
  for (int i = 0; i < kRowsPerWarp; ++i) {
    seen[i] = block.seen_by(warp + i * kAttentionWarps);
    state[i] = total[i] = SoftmaxState::empty();
  }
  float o[kRows][kColumns] = {};
  float total_o[kRows][kColumns] = {};

  // Queries to shared memory, padded with zeros.
  for (int64_t i = thread; i < rows * shared.query_stride; i += kAttentionThreads) {
    const int row = static_cast<int>(i / shared.query_stride);
    const int64_t d = i % shared.query_stride;
    const uint8_t* q = p.op.q.row(block.token(row), block.head(row));
    shared.queries[i] = d < p.op.key_size ? read_activation(q, d, p.op.activations) : 0.0f;
  }

  const bool latent = p.op.v_cache.data == p.op.k_cache.data;
  const int64_t value_stride = latent ? shared.key_stride : shared.value_stride;
  for (int64_t tile = block.begin / kTileKeys * kTileKeys; tile < block.end; tile += kTileKeys) {
    __syncthreads();
    if (thread < kTileKeys) {
      pages[thread] = block.page_of(tile + thread);
    }
    __syncthreads();
    load_tile<typename Traits::Format>(p.op.k_cache, pages, tile, p.op.page_size, block.kv_head, p.op.key_size,
                                       shared.key_stride, shared.tile);
    __syncthreads();

    // Scores and their softmax.
#pragma unroll
    for (int i = 0; i < kRowsPerWarp; ++i) {
      const int row = warp + i * kAttentionWarps;
      if (row >= rows) {
        continue;
      }
      float score = -kInfinity;
      if (seen[i].contains(tile + lane)) {
        score = p.op.sm_scale * dot(shared.queries + row * shared.query_stride,
                                    shared.tile + lane * shared.key_stride, p.op.key_size);
        score = p.op.soft_cap == 0.0f ? score : p.op.soft_cap * tanhf(score / p.op.soft_cap);
        score = pages[lane] == kUnknownPage ? quiet_nan() : score;
      }
      const float next = fmaxf(state[i].m, warp_max(score));
      const float shift = next == -kInfinity ? 0.0f : next;
      const float factor = state[i].m == next ? 1.0f : expf(state[i].m - next);
      const float weight = expf(score - shift);
      state[i] = {next, fmaf(state[i].l, factor, warp_sum(weight))};
      weights[row][lane] = weight;
      if (lane == 0) {
        keep[row] = factor;
      }
    }
    __syncthreads();
    if (!latent) {
      load_tile<typename Traits::Format>(p.op.v_cache, pages, tile, p.op.page_size, block.kv_head, p.op.value_size,
                                         value_stride, shared.tile);
      __syncthreads();
    }

    // Values.
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int64_t d = thread + c * kAttentionThreads;
      if (d >= p.op.value_size) {
        break;
      }
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
        if (row < rows) {
          o[row][c] *= keep[row];
        }
      }
      for (int key = 0; key < kTileKeys; key += 4) {
        float v[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          v[i] = shared.tile[(key + i) * value_stride + d];
        }
#pragma unroll
        for (int row = 0; row < kRows; ++row) {
          if (row < rows) {
            const float4 w = *reinterpret_cast<const float4*>(&weights[row][key]);
            o[row][c] = fmaf(w.x, v[0], o[row][c]);
            o[row][c] = fmaf(w.y, v[1], o[row][c]);
            o[row][c] = fmaf(w.z, v[2], o[row][c]);
            o[row][c] = fmaf(w.w, v[3], o[row][c]);
          }
        }
      }
    }

    // The end of a segment.
    const int64_t next_tile = tile + kTileKeys;
    if (!split && (next_tile % kSegmentKeys == 0 || next_tile >= block.end)) {
#pragma unroll
      for (int i = 0; i < kRowsPerWarp; ++i) {
        const MergeFactors both = merge(total[i], state[i]);
        if (lane == 0) {
          factors[warp + i * kAttentionWarps] = both;
        }
        state[i] = SoftmaxState::empty();
      }
      __syncthreads();
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
#pragma unroll
        for (int c = 0; c < kColumns; ++c) {
          total_o[row][c] = merged(total_o[row][c], o[row][c], factors[row]);
          o[row][c] = 0.0f;
        }
      }
    }
  }

  // Results, or what merge_segments makes them from.
#pragma unroll
  for (int i = 0; i < kRowsPerWarp; ++i) {
    const int row = warp + i * kAttentionWarps;
    if (row < rows && lane == 0) {
      if (split) {
        block.store_state(row, state[i]);
      } else {
        finishes[row] = block.store_finish(row, total[i]);
      }
    }
  }
  __syncthreads();
  if (split && block.begin >= block.end) {
    return;
  }
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    if (row < rows) {
      const ResultRow to = block.result(row);
#pragma unroll
      for (int c = 0; c < kColumns; ++c) {
        const int64_t d = thread + c * kAttentionThreads;
        if (d < p.op.value_size) {
          to.store(d, split ? o[row][c] : total_o[row][c] * finishes[row].factor);
        }
      }
    }
  }
}

template <typename Traits>
Status launch_flash_tiles(FlashParams p, cudaStream_t stream) {
  p.row_tiles = ceil_div<int64_t>(p.op.max_query_len * p.group, Traits::kRows);
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_tiles * p.op.kv_heads * p.op.seqs),
                    static_cast<unsigned>(p.partial == nullptr ? 1 : p.segments));
  shape.block = dim3(kAttentionThreads);
  shape.dynamic_shared_bytes = FlashShared::bytes(p.op, Traits::kRows);
  return launch(flash_kernel<Traits>, shape, stream, p);
}

template <typename Format>
Status launch_flash(const FlashParams& params, cudaStream_t stream) {
  if (params.op.value_size <= kAttentionTiles[0].value_size &&
      params.op.key_size <= kAttentionTiles[1].value_size) {
    return launch_flash_tiles<FlashTraits<Format, kAttentionTiles[0].rows, kAttentionTiles[0].columns>>(params,
                                                                                                        stream);
  }
  if (params.op.value_size <= kAttentionTiles[1].value_size) {
    return launch_flash_tiles<FlashTraits<Format, kAttentionTiles[1].rows, kAttentionTiles[1].columns>>(params,
                                                                                                        stream);
  }
  return launch_flash_tiles<FlashTraits<Format, kAttentionTiles[2].rows, kAttentionTiles[2].columns>>(params,
                                                                                                      stream);
}

}  // namespace levin
