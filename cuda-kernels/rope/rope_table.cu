// rope_table: a thread per angle.
//
// The angle is kept as an exact product of two float32, and multiples of pi/2 are taken off in three parts
// (Cody and Waite 1980), so that no float64 is needed, which consumer GPUs do at a 64th of the rate. Absolute
// error below 3e-7 for angles and positions below 2^24.
#include "common/launch.h"
#include "common/numeric.cuh"
#include "levin/kernels/rope.h"

namespace levin {
namespace {

constexpr int kThreads = 64;
constexpr float kHalfPiHigh = 0x1.921fb6p+0f;
constexpr float kHalfPiMiddle = -0x1.777a5cp-25f;
constexpr float kHalfPiLow = -0x1.ee59dap-50f;
constexpr float kTwoByPi = 0.63661977f;

__global__ void __launch_bounds__(kThreads) rope_table_kernel(const __grid_constant__ RopeTableParams p) {
  const int64_t blocks_per_row = ceil_div<int64_t>(p.pairs, kThreads);
  const int64_t t = blockIdx.x / blocks_per_row;
  const int64_t i = blockIdx.x % blocks_per_row * kThreads + threadIdx.x;
  if (i >= p.pairs) {
    return;
  }
  const float position = static_cast<float>(p.positions[t]);
  const float frequency = p.inv_freq[i];
  const float product = position * frequency;
  const float rest = fmaf(position, frequency, -product);
  const float turns = rintf(product * kTwoByPi);
  float angle = fmaf(-turns, kHalfPiHigh, product);
  angle = fmaf(-turns, kHalfPiMiddle, angle);
  angle = fmaf(-turns, kHalfPiLow, angle) + rest;
  const float c = cosf(angle);
  const float s = sinf(angle);
  const int quadrant = static_cast<int>(turns) & 3;
  float* row = p.out.row(t);
  row[i] = p.scale * (quadrant == 0 ? c : quadrant == 1 ? -s : quadrant == 2 ? -c : s);
  row[p.pairs + i] = p.scale * (quadrant == 0 ? s : quadrant == 1 ? c : quadrant == 2 ? -s : -c);
}

}  // namespace

Status rope_table(const RopeTableParams& params, cudaStream_t stream) {
  if (params.tokens == 0 || params.pairs == 0) {
    return Status::kOk;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(ceil_div<int64_t>(params.pairs, kThreads) * params.tokens));
  shape.block = dim3(kThreads);
  return launch(rope_table_kernel, shape, stream, params);
}

}  // namespace levin
