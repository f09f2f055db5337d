// Ops that carry a state from step to step. A sequence whose first position in this step is 0 starts from
// zeros; sequences without tokens, and those whose slot lies outside the state, are left out.
#pragma once

#include <cstdint>

#include "levin/kernels/dtype.h"
#include "levin/kernels/elementwise.h"
#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Depthwise causal convolution: out[t, c] = f(bias[c] + sum over w of weight[c, w] * x[t - W + 1 + w, c]). The
// state then holds the last W - 1 inputs, oldest first.
struct CausalConvParams {
  MatrixView<const uint8_t> x;     // [T, Ch] of the activation type
  MatrixView<const float> weight;  // [Ch, W], W <= 16
  const float* bias;               // [Ch] or null
  CubeView<float> state;           // [slots, Ch, W - 1]
  MatrixView<uint8_t> out;         // [T, Ch] of the activation type, not x
  const int32_t* cu_seqlens_q;     // [B + 1]
  const int32_t* state_slots;      // [B]
  const int32_t* positions;        // [T]
  int64_t seqs, channels, width, slots;
  DType activations;
  Activation activation;
};

// Mamba-2's recurrence: d = clamp(softplus(dt + dt_bias), dt_min, dt_max); S = exp(d * a) S + d * x (outer) B;
// out = S . C + skip * x, with g = h / (H / G).
struct SsmScanParams {
  CubeView<const uint8_t> x;     // [T, H, P] of the activation type, as are dt, b, c and out
  MatrixView<const uint8_t> dt;  // [T, H]
  const float* a;                // [H]
  CubeView<const uint8_t> b, c;  // [T, G, N]
  const float* skip;             // [H] or null
  const float* dt_bias;          // [H]
  PageView<float> state;         // [slots, H, P, N]
  CubeView<uint8_t> out;         // [T, H, P]
  const int32_t* cu_seqlens_q;   // [B + 1]
  const int32_t* state_slots;    // [B]
  const int32_t* positions;      // [T]
  int64_t seqs, heads, groups, size, state_size, slots;
  DType activations;
  float dt_min, dt_max;
};

Status causal_conv(const CausalConvParams& params, cudaStream_t stream);
Status ssm_scan(const SsmScanParams& params, cudaStream_t stream);

}  // namespace levin
