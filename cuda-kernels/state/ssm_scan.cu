// ssm_scan: a warp per row of a head's state, [N], which it keeps in registers while it walks the tokens.
//
// Lane i holds elements i, i + 32, ...; the row's product with c is summed per lane in that order and then over
// the lanes in a tree.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "levin/kernels/state.h"

namespace levin {
namespace {

constexpr int kWarps = 4;

__device__ inline float softplus(float x) { return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))); }

// kElements: state elements a lane holds.
template <int kElements>
__global__ void __launch_bounds__(kWarps* kWarpSize) ssm_scan_kernel(const __grid_constant__ SsmScanParams p) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpSize;
  const int64_t row_blocks = ceil_div<int64_t>(p.size, blockDim.x / kWarpSize);
  const int64_t i = blockIdx.x % row_blocks * (blockDim.x / kWarpSize) + threadIdx.x / kWarpSize;
  const int64_t h = blockIdx.x / row_blocks;
  const int64_t sequence = blockIdx.y;
  const int64_t start = p.cu_seqlens_q[sequence];
  const int64_t end = p.cu_seqlens_q[sequence + 1];
  const int64_t slot = p.state_slots[sequence];
  if (i >= p.size || start >= end || slot < 0 || slot >= p.slots) {
    return;
  }
  const int64_t g = h / (p.heads / p.groups);
  float* row = p.state.row(slot, h, i);
  const bool fresh = p.positions[start] == 0;
  float state[kElements];
#pragma unroll
  for (int e = 0; e < kElements; ++e) {
    const int64_t n = lane + e * kWarpSize;
    state[e] = !fresh && n < p.state_size ? row[n] : 0.0f;
  }
  const float rate = p.a[h];
  const float through = p.skip == nullptr ? 0.0f : p.skip[h];
  const float bias = p.dt_bias[h];
  for (int64_t t = start; t < end; ++t) {
    const float step =
        fminf(fmaxf(softplus(read_activation(p.dt.row(t), h, p.activations) + bias), p.dt_min), p.dt_max);
    const float decay = expf(step * rate);
    const float value = read_activation(p.x.row(t, h), i, p.activations);
    const float input = step * value;
    const uint8_t* b = p.b.row(t, g);
    const uint8_t* c = p.c.row(t, g);
    float sum = 0.0f;
#pragma unroll
    for (int e = 0; e < kElements; ++e) {
      const int64_t n = lane + e * kWarpSize;
      if (n < p.state_size) {
        state[e] = fmaf(decay, state[e], input * read_activation(b, n, p.activations));
        sum = fmaf(state[e], read_activation(c, n, p.activations), sum);
      }
    }
    sum = warp_sum(sum);
    if (lane == 0) {
      write_activation(p.out.row(t, h), i, p.activations, fmaf(through, value, sum));
    }
  }
#pragma unroll
  for (int e = 0; e < kElements; ++e) {
    const int64_t n = lane + e * kWarpSize;
    if (n < p.state_size) {
      row[n] = state[e];
    }
  }
}

}  // namespace

Status ssm_scan(const SsmScanParams& params, cudaStream_t stream) {
  if (params.state_size > 256 || params.seqs > 65535) {
    return Status::kUnsupported;
  }
  if (params.seqs == 0 || params.heads == 0 || params.size == 0) {
    return Status::kOk;
  }
  const int64_t warps = params.size < kWarps ? params.size : kWarps;
  LaunchShape shape;
  shape.block = dim3(static_cast<unsigned>(warps * kWarpSize));
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(params.size, warps) * params.heads),
                    static_cast<unsigned>(params.seqs));
  if (params.state_size <= 32) {
    return launch(ssm_scan_kernel<1>, shape, stream, params);
  }
  return params.state_size <= 128 ? launch(ssm_scan_kernel<4>, shape, stream, params)
                                  : launch(ssm_scan_kernel<8>, shape, stream, params);
}

}  // namespace levin
