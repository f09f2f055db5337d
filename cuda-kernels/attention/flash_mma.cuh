// Flash attention over pages by mma, for caches of 16 bits and less.
//
// The blocks are those of flash.cuh. Transposed products keep a query a column of every mma, which no other
// touches:
//   scores^T [keys, rows] = K . q^T   warp w has 16 of the tile's 64 keys, decoded from memory into registers
//   softmax over the keys of a row    by warp, scores and weights pass through shared memory
//   o^T [values, rows] = V^T . p^T    warp w has value tiles w, w + 4, ...; V passes through shared memory
//
// Precision: queries are three bfloat16 terms, which is all of float32; keys are exact codes, whose block scales
// are applied to sums; weights, and values that are no bfloat16 numbers, are two terms, 16 bits.
#pragma once

#include "attention/block_rows.cuh"
#include "common/launch.h"
#include "gemm/fragments.cuh"
#include "ptx/ldmatrix.h"

namespace levin {

constexpr int kMmaRows = 8;     // columns of an mma: packed rows
constexpr int kMmaValues = 16;  // rows of an mma: keys, or values
constexpr int kMmaDepth = 16;
constexpr int kScoreStride = kMmaTileKeys + 4;   // floats; rows of scores meet no bank conflict
constexpr int kWeightStride = kMmaTileKeys + 8;  // bfloat16 numbers
constexpr int kQueryTerms = 3;

template <typename CacheFormat, int kRowTiles_, int kValueTiles_>
struct FlashMmaTraits {
  using Format = CacheFormat;
  static constexpr int kRowTiles = kRowTiles_;
  static constexpr int kValueTiles = kValueTiles_;
  static constexpr int kRows = kRowTiles_ * kMmaRows;
  // Keys whose values are in shared memory at a time; with long values half a tile.
  static constexpr int kValueKeys = kValueTiles_ > 4 ? kMmaTileKeys / 2 : kMmaTileKeys;
  static constexpr int kValueTerms = Format::kScaleGroup != 0 || Format::kTerms == 2 ? 2 : 1;
};

// Dynamic shared memory: query fragments [row tile][chunk][term][lane], then values [term][key][stride].
template <typename Traits>
struct FlashMmaShared {
  uint4* queries;
  uint16_t* values;
  int64_t query_chunks, value_stride;

  __device__ explicit FlashMmaShared(const AttentionParams& p) {
    query_chunks = ceil_div<int64_t>(p.key_size, kChunk);
    value_stride = stride_of(p);
    queries = dynamic_shared<uint4>();
    values = reinterpret_cast<uint16_t*>(queries + Traits::kRowTiles * query_chunks * kQueryTerms * kWarpSize);
  }

  // Rows begin 16 bytes off multiples of 64, so that ldmatrix meets no bank conflict.
  __host__ __device__ static int64_t stride_of(const AttentionParams& p) {
    return round_up<int64_t>(p.value_size, kChunk) + 8;
  }

  static size_t bytes(const AttentionParams& p) {
    const int64_t fragments = Traits::kRowTiles * ceil_div<int64_t>(p.key_size, kChunk) * kQueryTerms * kWarpSize;
    return static_cast<size_t>(fragments) * sizeof(uint4) +
           static_cast<size_t>(Traits::kValueTerms * Traits::kValueKeys * stride_of(p)) * sizeof(uint16_t);
  }

  __device__ uint4* query(int tile, int64_t chunk, int term) const {
    return queries + ((tile * query_chunks + chunk) * kQueryTerms + term) * kWarpSize;
  }

  __device__ uint16_t* value(int term, int key) const {
    return values + (term * Traits::kValueKeys + key) * value_stride;
  }
};

// Three terms of the block's queries as the lanes of an mma want them; rows past the last are zeros.
template <typename Traits>
__device__ void fill_queries(const BlockRows& block, const FlashMmaShared<Traits>& shared) {
  const AttentionParams& p = block.p.op;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const ActivationSource source{p.key_size, p.activations, false};
  for (int64_t item = threadIdx.x / kWarpSize; item < Traits::kRowTiles * shared.query_chunks;
       item += kAttentionWarps) {
    const int tile = static_cast<int>(item / shared.query_chunks);
    const int64_t chunk = item % shared.query_chunks;
    const int row = tile * kMmaRows + lane / kQuad;
    const uint8_t* q = row < block.rows ? p.q.row(block.token(row), block.head(row)) : nullptr;
    float values[kCodesPerThread];
    load_activations(q, chunk, lane % kQuad, source, values);
#pragma unroll
    for (int term = 0; term < kQueryTerms; ++term) {
      uint32_t packed[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float a = round_to_bf16(values[2 * i]);
        const float b = round_to_bf16(values[2 * i + 1]);
        packed[i] = pack_exact_bf16(a, b);
        values[2 * i] = rest_after(values[2 * i], a);
        values[2 * i + 1] = rest_after(values[2 * i + 1], b);
      }
      shared.query(tile, chunk, term)[lane] = make_uint4(packed[0], packed[1], packed[2], packed[3]);
    }
  }
}

// sums += 16 keys . 8 queries over one chunk.
template <typename Traits>
__device__ inline void multiply_keys(const WeightFragment<typename Traits::Format>& keys, const uint4* queries,
                                     int lane, float (&sums)[4]) {
  using Format = typename Traits::Format;
  float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  float(&sum)[4] = Format::kScaleGroup == 0 ? sums : part;
#pragma unroll
  for (int term = 0; term < kQueryTerms; ++term) {
    const uint4 q = queries[term * kWarpSize + lane];
    const uint32_t halves[2][2] = {{q.x, q.y}, {q.z, q.w}};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      mma_m16n8k16_bf16(sum, keys.high[half], halves[half], sum);
      if (Format::kTerms == 2 && term < kQueryTerms - 1) {
        mma_m16n8k16_bf16(sum, keys.low[half], halves[half], sum);
      }
    }
  }
  if (Format::kScaleGroup != 0) {
    static_assert(Format::kScaleGroup == 0 || Format::kScaleGroup == kChunk, "one scale a chunk");
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      sums[i] = fmaf(keys.scale[i / 2][0], part[i], sums[i]);
    }
  }
}

// Scores of this warp's 16 keys, not scaled, to scores[row][key of the tile].
template <typename Traits>
__device__ void score_keys(const BlockRows& block, const FlashMmaShared<Traits>& shared,
                           const int (&pages)[kMmaTileKeys], int64_t tile,
                           float (&scores)[Traits::kRows][kScoreStride]) {
  using Format = typename Traits::Format;
  const AttentionParams& p = block.p.op;
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int first_key = static_cast<int>(threadIdx.x) / kWarpSize * kMmaValues;
  if (tile + first_key >= block.end || tile + first_key + kMmaValues <= block.begin) {
    return;
  }
  const uint8_t* keys[2];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int key = first_key + lane / kQuad + 8 * r;
    keys[r] = pages[key] < 0 ? nullptr : p.k_cache.row(pages[key], block.kv_head, (tile + key) % p.page_size);
  }
  float sums[Traits::kRowTiles][4] = {};
  for (int64_t chunk = 0; chunk < shared.query_chunks; ++chunk) {
    WeightFragment<Format> w;
    w.decode_or_zeros(keys[0], keys[1], chunk, lane % kQuad, p.key_size);
#pragma unroll
    for (int t = 0; t < Traits::kRowTiles; ++t) {
      if (t * kMmaRows < block.rows) {
        multiply_keys<Traits>(w, shared.query(t, chunk, 0), lane, sums[t]);
      }
    }
  }
#pragma unroll
  for (int t = 0; t < Traits::kRowTiles; ++t) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      scores[t * kMmaRows + 2 * (lane % kQuad) + i % 2][first_key + lane / kQuad + i / 2 * 8] = sums[t][i];
    }
  }
}

// Values of keys [first, first + kValueKeys) of the tile as bfloat16 terms; zeros for keys without a page.
template <typename Traits>
__device__ void fill_values(const BlockRows& block, const FlashMmaShared<Traits>& shared,
                            const int (&pages)[kMmaTileKeys], int64_t tile, int first) {
  using Format = typename Traits::Format;
  const AttentionParams& p = block.p.op;
  const int64_t chunks = ceil_div<int64_t>(p.value_size, kChunk);
  for (int64_t work = threadIdx.x; work < Traits::kValueKeys * chunks * kQuad; work += kAttentionThreads) {
    const int quad = static_cast<int>(work % kQuad);
    const int64_t chunk = work / kQuad % chunks;
    const int key = static_cast<int>(work / kQuad / chunks);
    const int page = pages[first + key];
    float values[kCodesPerThread] = {};
    if (page >= 0) {
      Codes codes;
      Format::decode(p.v_cache.row(page, block.kv_head, (tile + first + key) % p.page_size), chunk, quad,
                     p.value_size, codes);
#pragma unroll
      for (int i = 0; i < kCodesPerThread; ++i) {
        values[i] = Format::kScaleGroup == 0 ? codes.value[i] : codes.scale[i / 4] * codes.value[i];
      }
    }
    const SplitValues split = SplitValues::of(values);
#pragma unroll
    for (int term = 0; term < Traits::kValueTerms; ++term) {
      const uint32_t(&packed)[4] = term == 0 ? split.high : split.low;
      uint16_t* to = shared.value(term, key) + chunk * kChunk + 4 * quad;
      *reinterpret_cast<uint2*>(to) = make_uint2(packed[0], packed[1]);
      *reinterpret_cast<uint2*>(to + kHalfChunk) = make_uint2(packed[2], packed[3]);
    }
  }
}

template <typename Traits>
using FlashSums = float[Traits::kValueTiles][Traits::kRowTiles][4];

// Weights of a tile as two bfloat16 terms, [term][row][key].
template <typename Traits>
using FlashWeights = uint16_t[2][Traits::kRows][kWeightStride];

// o^T += V^T . p^T over the keys in shared memory.
template <typename Traits>
__device__ void multiply_values(const BlockRows& block, const FlashMmaShared<Traits>& shared,
                                const FlashWeights<Traits>& weights, int64_t tile, int first,
                                FlashSums<Traits>& o) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int warp = static_cast<int>(threadIdx.x) / kWarpSize;
  const int column = lane / kQuad;
  for (int depth = 0; depth < Traits::kValueKeys; depth += kMmaDepth) {
    const int64_t key = tile + first + depth;
    if (key >= block.end || key + kMmaDepth <= block.begin) {
      continue;
    }
    uint32_t p[Traits::kRowTiles][2][2];  // [row tile][term][register]
#pragma unroll
    for (int t = 0; t < Traits::kRowTiles; ++t) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const uint16_t* row = weights[i / 2][t * kMmaRows + column];
        p[t][i / 2][i % 2] =
            *reinterpret_cast<const uint32_t*>(row + first + depth + 2 * (lane % kQuad) + i % 2 * 8);
      }
    }
#pragma unroll
    for (int v = 0; v < Traits::kValueTiles; ++v) {
      const int d = (warp + v * kAttentionWarps) * kMmaValues;
      if (d >= block.p.op.value_size) {
        break;
      }
      // Matrices: keys 0 - 7 by values 0 - 7 and 8 - 15, then keys 8 - 15; transposed they are an mma's operand.
      const int row = depth + lane % 8 + lane / 16 * 8;
      const int offset = d + lane / 8 % 2 * 8;
      uint32_t high[4], low[4];
      ldmatrix_x4_trans(high, shared.value(0, row) + offset);
      if (Traits::kValueTerms == 2) {
        ldmatrix_x4_trans(low, shared.value(1, row) + offset);
      }
#pragma unroll
      for (int t = 0; t < Traits::kRowTiles; ++t) {
        if (t * kMmaRows < block.rows) {
          mma_m16n8k16_bf16(o[v][t], high, p[t][0], o[v][t]);
          mma_m16n8k16_bf16(o[v][t], high, p[t][1], o[v][t]);
          if (Traits::kValueTerms == 2) {
            mma_m16n8k16_bf16(o[v][t], low, p[t][0], o[v][t]);
          }
        }
      }
    }
  }
}

template <typename Traits>
__global__ void __launch_bounds__(kAttentionThreads) flash_mma_kernel(const __grid_constant__ FlashParams p) {
  constexpr int kRows = Traits::kRows;
  __shared__ int pages[kMmaTileKeys];
  __shared__ float scores[kRows][kScoreStride];
  __shared__ __align__(16) FlashWeights<Traits> weights;
  __shared__ VisibleKeys seen[kRows];
  __shared__ SoftmaxState state[kRows];  // of the segment
  __shared__ SoftmaxState total[kRows];
  __shared__ float keep[kRows];            // factor of a row's sums at this tile
  __shared__ MergeFactors factors[kRows];  // of a row's sums at the end of a segment
  __shared__ Finish finishes[kRows];
  const FlashMmaShared<Traits> shared(p.op);
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % kWarpSize;
  const int warp = thread / kWarpSize;
  const BlockRows block(p, kRows);
  if (block.rows <= 0) {
    return;
  }
  const bool split = p.partial != nullptr;

  for (int row = thread; row < kRows; row += kAttentionThreads) {
    seen[row] = block.seen_by(row);
    state[row] = total[row] = SoftmaxState::empty();
  }
  FlashSums<Traits> o = {};
  FlashSums<Traits> total_o = {};
  fill_queries<Traits>(block, shared);

  for (int64_t tile = block.begin / kMmaTileKeys * kMmaTileKeys; tile < block.end; tile += kMmaTileKeys) {
    __syncthreads();
    if (thread < kMmaTileKeys) {
      pages[thread] = block.page_of(tile + thread);
    }
    __syncthreads();
    score_keys<Traits>(block, shared, pages, tile, scores);
    fill_values<Traits>(block, shared, pages, tile, 0);
    __syncthreads();

    // Softmax of the tile; rows past the last get weights of zero, for the mma reads them.
    for (int row = warp; row < kRows; row += kAttentionWarps) {
      const SoftmaxState before = state[row];
      float score[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        const int key = lane + k * kWarpSize;
        score[k] = -kInfinity;
        if (row < block.rows && seen[row].contains(tile + key) && pages[key] != kUnread) {
          score[k] = p.op.sm_scale * scores[row][key];
          score[k] = p.op.soft_cap == 0.0f ? score[k] : p.op.soft_cap * tanhf(score[k] / p.op.soft_cap);
          score[k] = pages[key] == kUnknownPage ? quiet_nan() : score[k];
        }
      }
      const float next = fmaxf(before.m, warp_max(fmaxf(score[0], score[1])));
      const float shift = next == -kInfinity ? 0.0f : next;
      const float factor = before.m == next ? 1.0f : expf(before.m - next);
      float weight[2];
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        weight[k] = expf(score[k] - shift);
        const float high = round_to_bf16(weight[k]);
        weights[0][row][lane + k * kWarpSize] = bf16_of(high);
        weights[1][row][lane + k * kWarpSize] = bf16_of(rest_after(weight[k], high));
      }
      const float sum = warp_sum(weight[0] + weight[1]);
      if (lane == 0) {
        state[row] = {next, fmaf(before.l, factor, sum)};
        keep[row] = factor;
      }
    }
    __syncthreads();

#pragma unroll
    for (int t = 0; t < Traits::kRowTiles; ++t) {
      const float keep0 = keep[t * kMmaRows + 2 * (lane % kQuad)];
      const float keep1 = keep[t * kMmaRows + 2 * (lane % kQuad) + 1];
#pragma unroll
      for (int v = 0; v < Traits::kValueTiles; ++v) {
        o[v][t][0] *= keep0;
        o[v][t][1] *= keep1;
        o[v][t][2] *= keep0;
        o[v][t][3] *= keep1;
      }
    }
    multiply_values<Traits>(block, shared, weights, tile, 0, o);
    if (Traits::kValueKeys < kMmaTileKeys) {
      __syncthreads();
      fill_values<Traits>(block, shared, pages, tile, kMmaTileKeys - Traits::kValueKeys);
      __syncthreads();
      multiply_values<Traits>(block, shared, weights, tile, kMmaTileKeys - Traits::kValueKeys, o);
    }

    // The end of a segment.
    const int64_t next_tile = tile + kMmaTileKeys;
    if (!split && (next_tile % kSegmentKeys == 0 || next_tile >= block.end)) {
      for (int row = thread; row < kRows; row += kAttentionThreads) {
        SoftmaxState joined = total[row];
        factors[row] = merge(joined, state[row]);
        total[row] = joined;
        state[row] = SoftmaxState::empty();
      }
      __syncthreads();
#pragma unroll
      for (int t = 0; t < Traits::kRowTiles; ++t) {
#pragma unroll
        for (int v = 0; v < Traits::kValueTiles; ++v) {
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const MergeFactors& both = factors[t * kMmaRows + 2 * (lane % kQuad) + i % 2];
            total_o[v][t][i] = merged(total_o[v][t][i], o[v][t][i], both);
            o[v][t][i] = 0.0f;
          }
        }
      }
    }
  }

  // Results, or what merge_segments makes them from.
  __syncthreads();
  for (int row = thread; row < block.rows; row += kAttentionThreads) {
    if (split) {
      block.store_state(row, state[row]);
    } else {
      finishes[row] = block.store_finish(row, total[row]);
    }
  }
  __syncthreads();
  if (split && block.begin >= block.end) {
    return;
  }
#pragma unroll
  for (int t = 0; t < Traits::kRowTiles; ++t) {
#pragma unroll
    for (int v = 0; v < Traits::kValueTiles; ++v) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int row = t * kMmaRows + 2 * (lane % kQuad) + i % 2;
        const int64_t d = (warp + v * kAttentionWarps) * kMmaValues + lane / kQuad + i / 2 * 8;
        if (row < block.rows && d < p.op.value_size) {
          block.result(row).store(d, split ? o[v][t][i] : total_o[v][t][i] * finishes[row].factor);
        }
      }
    }
  }
}

template <typename Traits>
Status launch_flash_mma_tiles(FlashParams p, cudaStream_t stream) {
  p.row_tiles = ceil_div<int64_t>(p.op.max_query_len * p.group, Traits::kRows);
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(p.row_tiles * p.op.kv_heads * p.op.seqs),
                    static_cast<unsigned>(p.partial == nullptr ? 1 : p.segments));
  shape.block = dim3(kAttentionThreads);
  shape.dynamic_shared_bytes = FlashMmaShared<Traits>::bytes(p.op);
  return launch(flash_mma_kernel<Traits>, shape, stream, p);
}

template <typename Format, int kShape>
Status launch_flash_mma_shape(const FlashParams& params, cudaStream_t stream) {
  constexpr AttentionMmaShape kTile = kAttentionMmaTiles[kShape];
  return launch_flash_mma_tiles<FlashMmaTraits<Format, kTile.row_tiles, kTile.value_tiles>>(params, stream);
}

template <typename Format>
Status launch_flash_mma(const FlashParams& params, cudaStream_t stream) {
  const int64_t rows = params.op.max_query_len * params.group;
  if (params.op.key_size <= kAttentionMmaTiles[2].value_size) {
    if (params.op.value_size <= kAttentionMmaTiles[0].value_size) {
      return rows <= kAttentionMmaTiles[0].row_tiles * kMmaRows
                 ? launch_flash_mma_shape<Format, 0>(params, stream)
                 : launch_flash_mma_shape<Format, 1>(params, stream);
    }
    if (params.op.value_size <= kAttentionMmaTiles[2].value_size) {
      return launch_flash_mma_shape<Format, 2>(params, stream);
    }
  }
  return launch_flash_mma_shape<Format, 3>(params, stream);
}

}  // namespace levin
