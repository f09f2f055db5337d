// add, soft_cap, gated_activation: four neighbouring elements a thread.
#include "activation/activate.cuh"
#include "common/activations.cuh"
#include "common/launch.h"
#include "common/numeric.cuh"
#include "common/vectors.cuh"
#include "levin/kernels/elementwise.h"

namespace levin {
namespace {

constexpr int kThreads = 128;
constexpr int kElementsPerThread = 4;

struct AddOp {
  using Params = AddParams;
  static __device__ float4 apply(const Params& p, int64_t t, int64_t c, bool vectors) {
    const float4 x = read_activations4(p.x.row(t), c, p.size, p.activations, vectors);
    const float4 y = read_activations4(p.y.row(t), c, p.size, p.activations, vectors);
    return make_float4(fmaf(p.scale, y.x, x.x), fmaf(p.scale, y.y, x.y), fmaf(p.scale, y.z, x.z),
                       fmaf(p.scale, y.w, x.w));
  }
  static bool vectors(const Params& p) {
    return all_multiples_of_16(address_of(p.x.data), p.x.stride0, address_of(p.y.data), p.y.stride0,
                               address_of(p.out.data), p.out.stride0);
  }
};

struct SoftCapOp {
  using Params = SoftCapParams;
  static __device__ float4 apply(const Params& p, int64_t t, int64_t c, bool vectors) {
    const float4 x = read_activations4(p.x.row(t), c, p.size, p.activations, vectors);
    return make_float4(p.cap * tanhf(x.x / p.cap), p.cap * tanhf(x.y / p.cap), p.cap * tanhf(x.z / p.cap),
                       p.cap * tanhf(x.w / p.cap));
  }
  static bool vectors(const Params& p) {
    return all_multiples_of_16(address_of(p.x.data), p.x.stride0, address_of(p.out.data), p.out.stride0);
  }
};

struct GatedActivationOp {
  using Params = GatedActivationParams;
  static __device__ float4 apply(const Params& p, int64_t t, int64_t c, bool vectors) {
    const float4 g = read_activations4(p.gate.row(t), c, p.size, p.activations, vectors);
    float4 u = make_float4(1.0f, 1.0f, 1.0f, 1.0f);
    if (p.up.data != nullptr) {
      u = read_activations4(p.up.row(t), c, p.size, p.activations, vectors);
    }
    return make_float4(activate_gated(p.activation, g.x, u.x), activate_gated(p.activation, g.y, u.y),
                       activate_gated(p.activation, g.z, u.z), activate_gated(p.activation, g.w, u.w));
  }
  static bool vectors(const Params& p) {
    return all_multiples_of_16(address_of(p.gate.data), p.gate.stride0, address_of(p.up.data), p.up.stride0,
                               address_of(p.out.data), p.out.stride0);
  }
};

template <typename Op>
struct ElementwiseParams {
  typename Op::Params op;
  int64_t blocks_per_row;
  bool vectors;
};

template <typename Op>
__global__ void __launch_bounds__(kThreads) elementwise_kernel(const __grid_constant__ ElementwiseParams<Op> p) {
  const int64_t t = blockIdx.x / p.blocks_per_row;
  const int64_t c = (blockIdx.x % p.blocks_per_row * blockDim.x + threadIdx.x) * kElementsPerThread;
  if (c < p.op.size) {
    write_activations4(p.op.out.row(t), c, p.op.size, p.op.activations, p.vectors,
                       Op::apply(p.op, t, c, p.vectors));
  }
}

template <typename Op>
Status launch_elements(const typename Op::Params& params, cudaStream_t stream) {
  if (params.tokens == 0 || params.size == 0) {
    return Status::kOk;
  }
  const int64_t threads_per_row = round_up<int64_t>(ceil_div<int64_t>(params.size, kElementsPerThread), kWarpSize);
  LaunchShape shape;
  shape.block = dim3(static_cast<unsigned>(threads_per_row < kThreads ? threads_per_row : kThreads));
  const int64_t blocks_per_row = ceil_div<int64_t>(threads_per_row, shape.block.x);
  shape.grid = dim3(static_cast<unsigned>(blocks_per_row * params.tokens));
  return launch(elementwise_kernel<Op>, shape, stream,
                ElementwiseParams<Op>{params, blocks_per_row, Op::vectors(params)});
}

}  // namespace

Status add(const AddParams& params, cudaStream_t stream) { return launch_elements<AddOp>(params, stream); }

Status soft_cap(const SoftCapParams& params, cudaStream_t stream) {
  return launch_elements<SoftCapOp>(params, stream);
}

Status gated_activation(const GatedActivationParams& params, cudaStream_t stream) {
  return launch_elements<GatedActivationOp>(params, stream);
}

}  // namespace levin
