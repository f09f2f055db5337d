// The choice of experts.
#pragma once

#include <cstdint>

#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// Numbered as dev.levin.core.op.Scoring.
enum class Scoring : int32_t { kSoftmax = 0, kSoftmaxOfTopK = 1, kSigmoid = 2 };

// The k best experts of each token, best first, ties to the lower id: selection by score + bias, weights from
// the plain scores. With groups only the best top_groups compete (DeepSeek-V3): a group ranks by the sum of
// its two best biased scores.
struct RouteExpertsParams {
  MatrixView<const float> logits;  // [T, E]; E <= 4096
  const float* bias;               // [E] or null
  MatrixView<int32_t> ids;         // [T, k]
  MatrixView<float> weights;       // [T, k]
  int64_t tokens, experts, chosen, groups, top_groups;
  Scoring scoring;
  bool normalise;  // divide the weights by their sum plus 1e-20
  float scale;     // factor on the weights, applied last
};

Status route_experts(const RouteExpertsParams& params, cudaStream_t stream);

}  // namespace levin
