// rope_append: one launch for queries, keys and values. A block belongs to a token; its threads first rotate
// pairs of the queries, then write keys and values, 32 values a thread, with the bits of the dtype's codec.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/rope.h"
#include "quant/encode.cuh"

namespace levin {
namespace {

constexpr int kThreads = 128;
// Of a multiprocessor: without a number ptxas aims at more, and spills on sm_100a.
constexpr int kMinBlocks = 4;
constexpr int kGroup = 32;

__device__ void rotate_pair(const RopeAppendParams& p, int64_t t, int64_t h, int64_t i) {
  uint8_t* head = p.q.row(t, h);
  const float* table = p.cos_sin.row(t);
  const int64_t first = p.rotary_offset + (p.half_style ? i : 2 * i);
  const int64_t second = p.rotary_offset + (p.half_style ? i + p.pairs : 2 * i + 1);
  const float a = read_activation(head, first, p.activations);
  const float b = read_activation(head, second, p.activations);
  const float c = table[i];
  const float s = table[p.pairs + i];
  write_activation(head, first, p.activations, a * c - b * s);
  write_activation(head, second, p.activations, b * c + a * s);
}

// Element d of a head after rotation; table is null where nothing is rotated.
__device__ float rotated(const RopeAppendParams& p, const uint8_t* head, const float* table, int64_t d) {
  const int64_t i = d - p.rotary_offset;
  const float own = read_activation(head, d, p.activations);
  if (table == nullptr || i < 0 || i >= 2 * p.pairs) {
    return own;
  }
  const bool second = p.half_style ? i >= p.pairs : i % 2 == 1;
  const int64_t distance = p.half_style ? p.pairs : 1;
  const int64_t pair = p.half_style ? (second ? i - p.pairs : i) : i / 2;
  const float c = table[pair];
  const float s = table[p.pairs + pair];
  const float other = read_activation(head, second ? d - distance : d + distance, p.activations);
  return second ? own * c + other * s : own * c - other * s;
}

__device__ void append_group(const RopeAppendParams& p, const uint8_t* head, const float* table, int64_t size,
                             int64_t group, uint8_t* row) {
  const int64_t rest = size - group * kGroup;
  const int count = rest < kGroup ? static_cast<int>(rest) : kGroup;
  float values[kGroup];
#pragma unroll
  for (int i = 0; i < kGroup; ++i) {
    values[i] = i < count ? rotated(p, head, table, group * kGroup + i) : 0.0f;
  }
  encode_group(p.cache_dtype, values, count, row, group);
}

__global__ void __launch_bounds__(kThreads, kMinBlocks)
    rope_append_kernel(const __grid_constant__ RopeAppendParams p) {
  const int64_t t = blockIdx.x;
  const float* table = p.cos_sin.data == nullptr ? nullptr : p.cos_sin.row(t);
  if (table != nullptr) {
    for (int64_t i = threadIdx.x; i < p.pairs * p.heads; i += blockDim.x) {
      rotate_pair(p, t, i / p.pairs, i % p.pairs);
    }
  }
  const int64_t slot = p.slot_mapping[t];
  if (slot < 0 || slot >= p.pages * p.page_size) {
    return;
  }
  const int64_t page = slot / p.page_size;
  const int64_t in_page = slot % p.page_size;
  const int64_t key_groups = ceil_div<int64_t>(p.key_size, kGroup);
  const int64_t value_groups = p.v.data == nullptr ? 0 : ceil_div<int64_t>(p.value_size, kGroup);
  const int64_t groups_per_head = key_groups + value_groups;
  for (int64_t i = threadIdx.x; i < groups_per_head * p.kv_heads; i += blockDim.x) {
    const int64_t h = i / groups_per_head;
    const int64_t group = i % groups_per_head;
    if (group < key_groups) {
      append_group(p, p.k.row(t, h), table, p.key_size, group, p.k_cache.row(page, h, in_page));
    } else {
      append_group(p, p.v.row(t, h), nullptr, p.value_size, group - key_groups, p.v_cache.row(page, h, in_page));
    }
  }
}

}  // namespace

Status rope_append(const RopeAppendParams& params, cudaStream_t stream) {
  if (params.tokens == 0) {
    return Status::kOk;
  }
  if (!can_encode(params.cache_dtype)) {
    return Status::kUnsupported;
  }
  if (!all_multiples_of(row_alignment(params.cache_dtype), address_of(params.k_cache.data), params.k_cache.stride0,
                        params.k_cache.stride1, params.k_cache.stride2, address_of(params.v_cache.data),
                        params.v_cache.stride0, params.v_cache.stride1, params.v_cache.stride2)) {
    return Status::kInvalidArgument;
  }
  const int64_t pairs = params.cos_sin.data == nullptr ? 0 : params.pairs * params.heads;
  const int64_t threads = round_up<int64_t>(pairs > kWarpSize ? pairs : kWarpSize, kWarpSize);
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(params.tokens));
  shape.block = dim3(static_cast<unsigned>(threads < kThreads ? threads : kThreads));
  return launch(rope_append_kernel, shape, stream, params);
}

}  // namespace levin
