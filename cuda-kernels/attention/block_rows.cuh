// What a block of an attention kernel works on: packed rows of one KV head of one sequence, and the keys they see.
#pragma once

#include "attention/flash.h"
#include "attention/state.cuh"
#include "attention/visible.cuh"
#include "common/activations.cuh"

namespace levin {

constexpr int kAttentionWarps = kAttentionThreads / kWarpSize;

// In place of the page of a key: nobody reads it, or its entry lies outside the cache.
constexpr int kUnread = -1;
constexpr int kUnknownPage = -2;

__host__ __device__ inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Where a row's values go.
struct ResultRow {
  uint8_t* data;
  DType dtype;

  __device__ void store(int64_t d, float value) const { write_activation(data, d, dtype, value); }
};

// Block x is a tile of packed rows of a KV head of a sequence, block y a segment of keys when they are split.
struct BlockRows {
  const FlashParams& p;
  int64_t kv_head, sequence;
  int64_t first_token, first_row;  // packed rows count from the sequence's first query
  int64_t query_len, kv_len;
  int64_t begin, end;  // keys that some row sees, of the block's segment
  int rows;            // not positive: nothing to do

  __device__ BlockRows(const FlashParams& params, int tile_rows) : p(params) {
    kv_head = blockIdx.x / p.row_tiles % p.op.kv_heads;
    sequence = blockIdx.x / p.row_tiles / p.op.kv_heads;
    first_token = p.op.cu_seqlens_q[sequence];
    query_len = p.op.cu_seqlens_q[sequence + 1] - first_token;
    kv_len = p.op.kv_lens[sequence];
    first_row = blockIdx.x % p.row_tiles * tile_rows;
    const int64_t rest = query_len * p.group - first_row;
    rows = static_cast<int>(rest < tile_rows ? rest : tile_rows);
    begin = seen_by(0).begin;
    end = seen_by(rows - 1).end;
    if (p.partial != nullptr) {
      begin = larger(begin, static_cast<int64_t>(blockIdx.y) * kSegmentKeys);
      const int64_t segment_end = (static_cast<int64_t>(blockIdx.y) + 1) * kSegmentKeys;
      end = end < segment_end ? end : segment_end;
    }
  }

  __device__ int64_t token(int row) const { return first_token + (first_row + row) / p.group; }
  __device__ int64_t head(int row) const { return kv_head * p.group + (first_row + row) % p.group; }

  __device__ VisibleKeys seen_by(int row) const {
    const int64_t query = (first_row + row) / p.group;
    return VisibleKeys::of(p.op, first_token + query, query, query_len, kv_len);
  }

  __device__ int page_of(int64_t key) const {
    if (key < begin || key >= end) {
      return kUnread;
    }
    const int64_t entry = p.op.page_table.row(sequence)[key / p.op.page_size];
    return entry >= 0 && entry < p.op.pages ? static_cast<int>(entry) : kUnknownPage;
  }

  // Values are divided; or, when split, neither divided nor rounded.
  __device__ ResultRow result(int row) const {
    const int64_t t = token(row);
    const int64_t h = head(row);
    if (p.partial == nullptr) {
      return {p.op.out.row(t, h), p.op.activations};
    }
    float* partial = p.partial + ((t * p.op.heads + h) * p.segments + blockIdx.y) * p.op.value_size;
    return {reinterpret_cast<uint8_t*>(partial), DType::kF32};
  }

  __device__ void store_state(int row, const SoftmaxState& state) const {
    p.states[(token(row) * p.op.heads + head(row)) * p.segments + blockIdx.y] = make_float2(state.m, state.l);
  }

  // Writes the row's log-sum-exp.
  __device__ Finish store_finish(int row, const SoftmaxState& state) const {
    const int64_t h = head(row);
    const Finish finished = finish(state, p.op.sinks == nullptr ? nullptr : p.op.sinks + h);
    if (p.op.lse.data != nullptr) {
      p.op.lse.row(token(row))[h] = finished.lse;
    }
    return finished;
  }
};

}  // namespace levin
