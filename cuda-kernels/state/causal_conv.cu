// causal_conv: a thread per channel of a sequence, which walks its tokens with the last inputs in registers.
#include "activation/activate.cuh"
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "levin/kernels/state.h"

namespace levin {
namespace {

constexpr int kThreads = 128;
constexpr int kMaxWidth = 16;

__global__ void __launch_bounds__(kThreads) causal_conv_kernel(const __grid_constant__ CausalConvParams p) {
  const int64_t b = blockIdx.y;
  const int64_t c = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c >= p.channels) {
    return;
  }
  const int64_t start = p.cu_seqlens_q[b];
  const int64_t end = p.cu_seqlens_q[b + 1];
  const int64_t slot = p.state_slots[b];
  if (start >= end || slot < 0 || slot >= p.slots) {
    return;
  }
  const bool fresh = p.positions[start] == 0;
  const int history = static_cast<int>(p.width) - 1;
  float* state = p.state.row(slot, c);
  const float* weight = p.weight.row(c);
  // The last width - 1 inputs at the end of the array, the oldest first, so that indices are constants.
  float inputs[kMaxWidth];
  float weights[kMaxWidth];
#pragma unroll
  for (int i = 0; i < kMaxWidth; ++i) {
    const int at = i - (kMaxWidth - 1 - history);
    weights[i] = at >= 0 ? weight[at] : 0.0f;
    inputs[i] = at >= 0 && at < history && !fresh ? state[at] : 0.0f;
  }
  const float bias = p.bias == nullptr ? 0.0f : p.bias[c];
  for (int64_t t = start; t < end; ++t) {
    inputs[kMaxWidth - 1] = read_activation(p.x.row(t), c, p.activations);
    float sum = bias;
#pragma unroll
    for (int i = 0; i < kMaxWidth; ++i) {
      if (i >= kMaxWidth - 1 - history) {
        sum = fmaf(weights[i], inputs[i], sum);
      }
    }
    write_activation(p.out.row(t), c, p.activations, activate(p.activation, sum));
#pragma unroll
    for (int i = 0; i + 1 < kMaxWidth; ++i) {
      inputs[i] = inputs[i + 1];
    }
  }
#pragma unroll
  for (int i = 0; i + 1 < kMaxWidth; ++i) {
    const int at = i - (kMaxWidth - 1 - history);
    if (at >= 0) {
      state[at] = inputs[i];
    }
  }
}

}  // namespace

Status causal_conv(const CausalConvParams& params, cudaStream_t stream) {
  if (params.width > kMaxWidth || params.width < 1 || params.seqs > 65535) {
    return Status::kUnsupported;
  }
  if (params.seqs == 0 || params.channels == 0) {
    return Status::kOk;
  }
  const int64_t threads = round_up<int64_t>(params.channels, kWarpSize);
  LaunchShape shape;
  shape.block = dim3(static_cast<unsigned>(threads < kThreads ? threads : kThreads));
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(params.channels, shape.block.x)),
                    static_cast<unsigned>(params.seqs));
  return launch(causal_conv_kernel, shape, stream, params);
}

}  // namespace levin
