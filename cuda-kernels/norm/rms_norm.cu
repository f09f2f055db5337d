// rms_norm: one group of threads per row, which reads it twice: the second time from the cache.
//
// Thread i of a group sums elements 4i .. 4i + 3, then those kThreadsPerRow * 4 further on, and so forth;
// threads are then summed in a tree. The group's size depends on C alone, so a row's bits depend on nothing
// but the row.
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/norm.h"

namespace levin {
namespace {

struct NormParams {
  RmsNormParams op;
  bool vectors;  // all rows begin at multiples of 16 bytes
};

// Rows shorter than this are summed by one warp.
constexpr int64_t kWarpRowLimit = 1024;

template <int kThreadsPerRow, int kRowsPerBlock>
__global__ void __launch_bounds__(kThreadsPerRow* kRowsPerBlock)
    rms_norm_kernel(const __grid_constant__ NormParams p) {
  constexpr int kWarps = kThreadsPerRow / kWarpSize;
  __shared__ float partial[kWarps];
  const int thread = static_cast<int>(threadIdx.x) % kThreadsPerRow;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kRowsPerBlock + threadIdx.x / kThreadsPerRow;
  if (row >= p.op.tokens * p.op.groups) {
    return;
  }
  const int64_t t = row / p.op.groups;
  const int64_t g = row % p.op.groups;
  const uint8_t* from = p.op.x.row(t, g);
  uint8_t* to = p.op.out.row(t, g);

  float squares = 0.0f;
  for (int64_t c = 4 * thread; c < p.op.size; c += 4 * kThreadsPerRow) {
    const float4 v = read_activations4(from, c, p.op.size, p.op.activations, p.vectors);
    squares = fmaf(v.x, v.x, fmaf(v.y, v.y, fmaf(v.z, v.z, fmaf(v.w, v.w, squares))));
  }
  float sum = warp_sum(squares);
  if (kWarps > 1) {
    if (thread % kWarpSize == 0) {
      partial[thread / kWarpSize] = sum;
    }
    __syncthreads();
    sum = 0.0f;
    for (int w = 0; w < kWarps; ++w) {
      sum += partial[w];
    }
  }
  const float norm = 1.0f / sqrtf(sum / static_cast<float>(p.op.size) + p.op.eps);

  const float* weight = p.op.weight.data == nullptr ? nullptr : p.op.weight.row(g);
  for (int64_t c = 4 * thread; c < p.op.size; c += 4 * kThreadsPerRow) {
    float4 v = read_activations4(from, c, p.op.size, p.op.activations, p.vectors);
    float4 w = make_float4(1.0f, 1.0f, 1.0f, 1.0f);
    if (weight != nullptr) {
      w = load4(weight, c, p.op.size, p.vectors);
      w.x += p.op.weight_bias;
      w.y += p.op.weight_bias;
      w.z += p.op.weight_bias;
      w.w += p.op.weight_bias;
    }
    v.x = v.x * norm * w.x;
    v.y = v.y * norm * w.y;
    v.z = v.z * norm * w.z;
    v.w = v.w * norm * w.w;
    write_activations4(to, c, p.op.size, p.op.activations, p.vectors, v);
  }
}

template <int kThreadsPerRow, int kRowsPerBlock>
Status launch_rows(const NormParams& p, cudaStream_t stream) {
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(p.op.tokens * p.op.groups, kRowsPerBlock)));
  shape.block = dim3(kThreadsPerRow * kRowsPerBlock);
  return launch(rms_norm_kernel<kThreadsPerRow, kRowsPerBlock>, shape, stream, p);
}

}  // namespace

Status rms_norm(const RmsNormParams& params, cudaStream_t stream) {
  const int64_t rows = params.tokens * params.groups;
  if (rows == 0 || params.size == 0) {
    return Status::kOk;
  }
  const NormParams p{params,
                     all_multiples_of_16(address_of(params.x.data), params.x.stride0, params.x.stride1,
                                         address_of(params.weight.data), params.weight.stride0,
                                         address_of(params.out.data), params.out.stride0, params.out.stride1)};
  if (params.size > kWarpRowLimit) {
    return launch_rows<256, 1>(p, stream);
  }
  return rows < 4 ? launch_rows<kWarpSize, 1>(p, stream) : launch_rows<kWarpSize, 4>(p, stream);
}

}  // namespace levin
