// The functions of dev.levin.core.op.Activation that take one argument.
#pragma once

#include "common/numeric.cuh"
#include "levin/kernels/elementwise.h"

namespace levin {

__device__ inline float activate(Activation activation, float x) {
  switch (activation) {
    case Activation::kSilu:
      return x * sigmoid(x);
    case Activation::kGeluTanh:
      // (1 + tanh(u)) / 2 is sigmoid(2u), which does not cancel near -1.
      return x * sigmoid(1.5957691f * (x + 0.044715f * x * x * x));
    case Activation::kGeluErf:
      return 0.5f * x * erfcf(-x * 0.70710678f);
    case Activation::kRelu:
      return fmaxf(x, 0.0f);
    case Activation::kReluSquared:
      return fmaxf(x, 0.0f) * fmaxf(x, 0.0f);
    case Activation::kSwigluClamped:
    case Activation::kNone:
      break;
  }
  return x;
}

__device__ inline float activate_gated(Activation activation, float gate, float up) {
  if (activation == Activation::kSwigluClamped) {
    const float g = gate > 7.0f ? 7.0f : gate;
    const float u = up > 7.0f ? 7.0f : up < -7.0f ? -7.0f : up;
    return g * sigmoid(1.702f * g) * (u + 1.0f);
  }
  return activate(activation, gate) * up;
}

}  // namespace levin
