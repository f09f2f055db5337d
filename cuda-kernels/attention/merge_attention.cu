// merge_attention: a warp per head of a token, so that both log-sum-exps are read before either is written.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "levin/kernels/attention.h"

namespace levin {
namespace {

__global__ void __launch_bounds__(kWarpSize)
    merge_attention_kernel(const __grid_constant__ MergeAttentionParams p) {
  const int64_t t = blockIdx.x / p.heads;
  const int64_t h = blockIdx.x % p.heads;
  const float of_a = p.lse_a.row(t)[h];
  const float of_b = p.lse_b.row(t)[h];
  const float largest = fmaxf(of_a, of_b);
  const bool empty = largest == -kInfinity;
  const float weight_a = empty ? 0.0f : expf(of_a - largest);
  const float weight_b = empty ? 0.0f : expf(of_b - largest);
  const float inverse = empty ? 0.0f : 1.0f / (weight_a + weight_b);
  const uint8_t* from_a = p.a.row(t, h);
  const uint8_t* from_b = p.b.row(t, h);
  uint8_t* to = p.out.row(t, h);
  for (int64_t d = threadIdx.x; d < p.size; d += kWarpSize) {
    // A side without keys may hold anything, NaN included.
    const float part_a = weight_a == 0.0f ? 0.0f : weight_a * read_activation(from_a, d, p.activations);
    const float part_b = weight_b == 0.0f ? 0.0f : weight_b * read_activation(from_b, d, p.activations);
    write_activation(to, d, p.activations, (part_a + part_b) * inverse);
  }
  __syncwarp();
  if (threadIdx.x == 0) {
    p.lse.row(t)[h] = empty ? largest : largest + logf(weight_a + weight_b);
  }
}

}  // namespace

Status merge_attention(const MergeAttentionParams& params, cudaStream_t stream) {
  if (params.tokens == 0 || params.heads == 0) {
    return Status::kOk;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(params.tokens * params.heads));
  shape.block = dim3(kWarpSize);
  return launch(merge_attention_kernel, shape, stream, params);
}

}  // namespace levin
