// The running state of online softmax over a set of keys (Milakov and Gimelshein 2018): m the largest score, l the
// sum of exp(score - m), o the sum of exp(score - m) * value, not divided. m = -infinity with l = 0 is the empty
// set; NaN scores leave m alone and make l and o NaN.
#pragma once

#include "common/numeric.cuh"

namespace levin {

struct SoftmaxState {
  float m, l;

  __device__ static SoftmaxState empty() { return {-kInfinity, 0.0f}; }
  __device__ bool is_empty() const { return m == -kInfinity && l == 0.0f; }
};

// Factors of two states' sums in their union.
struct MergeFactors {
  float first, second;
};

__device__ inline MergeFactors merge(SoftmaxState& total, const SoftmaxState& next) {
  if (next.is_empty()) {
    return {1.0f, 0.0f};
  }
  if (total.is_empty()) {
    total = next;
    return {0.0f, 1.0f};
  }
  const float m = fmaxf(total.m, next.m);
  const MergeFactors factors{expf(total.m - m), expf(next.m - m)};
  total = {m, fmaf(total.l, factors.first, next.l * factors.second)};
  return factors;
}

__device__ inline float merged(float total, float next, const MergeFactors& factors) {
  if (factors.second == 0.0f) {
    return total * factors.first;
  }
  return factors.first == 0.0f ? next * factors.second : fmaf(total, factors.first, next * factors.second);
}

// What o is multiplied by, and the log-sum-exp, once all keys are in; sink joins the denominator only.
struct Finish {
  float factor, lse;
};

__device__ inline Finish finish(const SoftmaxState& state, const float* sink) {
  if (state.is_empty()) {
    return {0.0f, -kInfinity};
  }
  float m = state.m;
  float l = state.l;
  float scale = 1.0f;
  if (sink != nullptr) {
    m = fmaxf(state.m, *sink);
    scale = expf(state.m - m);
    l = fmaf(l, scale, expf(*sink - m));
  }
  return {scale / l, m + logf(l)};
}

}  // namespace levin
