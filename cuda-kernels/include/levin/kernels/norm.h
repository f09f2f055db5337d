// Root-mean-square norm.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// out = x / sqrt(mean(x^2) + eps) * (weight + weight_bias) over rows of [T, G, C] (Zhang and Sennrich 2019).
// G is 1 for matrices. out may be x.
struct RmsNormParams {
  CubeView<const uint8_t> x;       // [T, G, C] of the activation type
  MatrixView<const float> weight;  // [G, C], or [C] with stride0 0; null for all ones
  CubeView<uint8_t> out;           // [T, G, C] of the activation type
  int64_t tokens, groups, size;
  DType activations;
  float eps, weight_bias;
};

Status rms_norm(const RmsNormParams& params, cudaStream_t stream);

}  // namespace levin
