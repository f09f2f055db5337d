// attention: whether segments of keys get blocks of their own, and the merging of what those leave.
#include "attention/flash.h"
#include "attention/state.cuh"
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/attention.h"
#include "quant/legacy.cuh"
#include "quant/plain.cuh"

namespace levin {
namespace {

constexpr int64_t kAlignment = 256;
constexpr int64_t kMaxKeySize = 576;
constexpr int64_t kMaxValueSize = 512;

bool is_split(const AttentionParams& p) {
  const int64_t segments = ceil_div<int64_t>(p.max_kv_len, kSegmentKeys);
  const int64_t rows = p.max_query_len * (p.heads / p.kv_heads);
  const int64_t blocks = ceil_div<int64_t>(rows, kAttentionTiles[0].rows) * p.kv_heads * p.seqs;
  return segments > 1 && segments <= 65535 && blocks < kEnoughBlocks;
}

int64_t state_bytes(const AttentionParams& p, int64_t segments) {
  return round_up<int64_t>(p.tokens * p.heads * segments * static_cast<int64_t>(sizeof(float2)), kAlignment);
}

// A block of threads per head of a token, which walks the segments in order.
__global__ void __launch_bounds__(kAttentionThreads) merge_segments_kernel(const __grid_constant__ FlashParams p) {
  const int64_t t = blockIdx.x / p.op.heads;
  const int64_t h = blockIdx.x % p.op.heads;
  const float2* states = p.states + (t * p.op.heads + h) * p.segments;
  const float* partial = p.partial + (t * p.op.heads + h) * p.segments * p.op.value_size;

  // A token's own sequence may be shorter than the longest one: only its segments were written.
  int64_t low = 0;
  int64_t high = p.op.seqs;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    if (p.op.cu_seqlens_q[middle] <= t) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const int64_t segments = ceil_div<int64_t>(p.op.kv_lens[low], kSegmentKeys);

  constexpr int kColumns = static_cast<int>(kMaxValueSize) / kAttentionThreads;
  float o[kColumns] = {};
  SoftmaxState total = SoftmaxState::empty();
  for (int64_t s = 0; s < segments && s < p.segments; ++s) {
    const SoftmaxState state{states[s].x, states[s].y};
    if (state.is_empty()) {
      continue;
    }
    const MergeFactors factors = merge(total, state);
#pragma unroll
    for (int c = 0; c < kColumns; ++c) {
      const int64_t d = threadIdx.x + c * kAttentionThreads;
      if (d < p.op.value_size) {
        o[c] = merged(o[c], partial[s * p.op.value_size + d], factors);
      }
    }
  }
  const Finish finished = finish(total, p.op.sinks == nullptr ? nullptr : p.op.sinks + h);
#pragma unroll
  for (int c = 0; c < kColumns; ++c) {
    const int64_t d = threadIdx.x + c * kAttentionThreads;
    if (d < p.op.value_size) {
      write_activation(p.op.out.row(t, h), d, p.op.activations, o[c] * finished.factor);
    }
  }
  if (p.op.lse.data != nullptr && threadIdx.x == 0) {
    p.op.lse.row(t)[h] = finished.lse;
  }
}

Status launch_cache(const FlashParams& p, cudaStream_t stream) {
  switch (p.op.cache_dtype) {
    case DType::kF32:
      return launch_flash<F32>(p, stream);
    case DType::kF16:
      return launch_flash_mma<F16>(p, stream);
    case DType::kBF16:
      return launch_flash_mma<BF16>(p, stream);
    case DType::kF8_E4M3:
      return launch_flash_mma<F8_E4M3>(p, stream);
    case DType::kQ8_0:
      return launch_flash_mma<Q8_0>(p, stream);
    case DType::kQ4_0:
      return launch_flash_mma<Q4_0>(p, stream);
    default:
      return Status::kUnsupported;
  }
}

}  // namespace

Status merge_segments(const FlashParams& params, cudaStream_t stream) {
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(params.op.tokens * params.op.heads));
  shape.block = dim3(kAttentionThreads);
  return launch(merge_segments_kernel, shape, stream, params);
}

size_t attention_workspace_bytes(const AttentionParams& params) {
  if (params.tokens == 0 || params.kv_heads == 0 || !is_split(params)) {
    return 0;
  }
  const int64_t segments = ceil_div<int64_t>(params.max_kv_len, kSegmentKeys);
  return static_cast<size_t>(state_bytes(params, segments) +
                             params.tokens * params.heads * segments * params.value_size * 4);
}

Status attention(const AttentionParams& params, cudaStream_t stream) {
  if (params.tokens == 0 || params.heads == 0 || params.seqs == 0) {
    return Status::kOk;
  }
  if (params.key_size > kMaxKeySize || params.value_size > kMaxValueSize) {
    return Status::kUnsupported;
  }
  if (!all_multiples_of(row_alignment(params.cache_dtype), address_of(params.k_cache.data), params.k_cache.stride0,
                        params.k_cache.stride1, params.k_cache.stride2, address_of(params.v_cache.data),
                        params.v_cache.stride0, params.v_cache.stride1, params.v_cache.stride2)) {
    return Status::kInvalidArgument;
  }
  FlashParams p = {};
  p.op = params;
  p.group = params.heads / params.kv_heads;
  p.segments = 1;
  if (!is_split(params)) {
    return launch_cache(p, stream);
  }
  p.segments = ceil_div<int64_t>(params.max_kv_len, kSegmentKeys);
  uint8_t* workspace = static_cast<uint8_t*>(params.workspace);
  p.states = reinterpret_cast<float2*>(workspace);
  p.partial = reinterpret_cast<float*>(workspace + state_bytes(params, p.segments));
  const Status status = launch_cache(p, stream);
  return status == Status::kOk ? merge_segments(p, stream) : status;
}

}  // namespace levin
