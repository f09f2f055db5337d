// route_experts: a warp per token; lanes share the experts, and the best one is found k times over. Ties go to
// the lower id whatever lane holds it.
#include "levin/kernels/moe.h"

#include "common/launch.h"
#include "common/numeric.cuh"

namespace levin {
namespace {

// Shared memory: scores [E], ranks [E], group ranks [groups].
constexpr int64_t kMaxExperts = 4096;

struct Candidate {
  float rank;
  int id;
};

// The better of two, the lower id of equals; -1 is no candidate. NaN ranks below everything.
__device__ inline Candidate better(Candidate a, Candidate b) {
  const bool b_wins = a.id < 0 || (b.id >= 0 && (b.rank > a.rank || (b.rank == a.rank && b.id < a.id) ||
                                                 (isnan(a.rank) && (!isnan(b.rank) || b.id < a.id))));
  return b_wins ? b : a;
}

// The best of ranks [from, to); all lanes get it.
__device__ Candidate best_of(const float* ranks, int from, int to, int lane) {
  Candidate best{-kInfinity, -1};
  for (int e = from + lane; e < to; e += kWarpSize) {
    best = better(best, Candidate{ranks[e], e});
  }
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    const Candidate other{__shfl_xor_sync(kAllLanes, best.rank, distance),
                          __shfl_xor_sync(kAllLanes, best.id, distance)};
    best = better(best, other);
  }
  return best;
}

__device__ void softmax_scores(float* scores, int count, int lane) {
  float largest = -kInfinity;
  for (int e = lane; e < count; e += kWarpSize) {
    largest = fmaxf(largest, scores[e]);
  }
  largest = warp_max(largest);
  float sum = 0.0f;
  for (int e = lane; e < count; e += kWarpSize) {
    scores[e] = expf(scores[e] - largest);
    sum += scores[e];
  }
  sum = warp_sum(sum);
  for (int e = lane; e < count; e += kWarpSize) {
    scores[e] /= sum;
  }
}

// Marks experts of groups that do not compete: they lose against every other.
__device__ void keep_best_groups(const RouteExpertsParams& p, float* ranks, float* group_ranks, int lane) {
  const int groups = static_cast<int>(p.groups);
  const int size = static_cast<int>(p.experts / p.groups);
  for (int g = lane; g < groups; g += kWarpSize) {
    float first = -kInfinity;
    float second = size == 1 ? 0.0f : -kInfinity;
    for (int e = g * size; e < (g + 1) * size; ++e) {
      if (ranks[e] > first) {
        second = size == 1 ? 0.0f : first;
        first = ranks[e];
      } else if (size > 1) {
        second = fmaxf(second, ranks[e]);
      }
    }
    group_ranks[g] = first + second;
  }
  __syncwarp();
  for (int g = lane; g < groups; g += kWarpSize) {
    int better_groups = 0;
    for (int other = 0; other < groups; ++other) {
      better_groups += group_ranks[other] > group_ranks[g] || (group_ranks[other] == group_ranks[g] && other < g);
    }
    if (better_groups >= p.top_groups) {
      for (int e = g * size; e < (g + 1) * size; ++e) {
        ranks[e] = -kInfinity;
      }
    }
  }
  __syncwarp();
}

__global__ void __launch_bounds__(kWarpSize) route_experts_kernel(const __grid_constant__ RouteExpertsParams p) {
  const int lane = static_cast<int>(threadIdx.x);
  const int64_t t = blockIdx.x;
  const int experts = static_cast<int>(p.experts);
  float* scores = dynamic_shared<float>();
  float* ranks = scores + experts;
  float* group_ranks = ranks + experts;
  const float* logits = p.logits.row(t);

  for (int e = lane; e < experts; e += kWarpSize) {
    scores[e] = p.scoring == Scoring::kSigmoid ? sigmoid(logits[e]) : logits[e];
  }
  if (p.scoring == Scoring::kSoftmax) {
    softmax_scores(scores, experts, lane);
  }
  for (int e = lane; e < experts; e += kWarpSize) {
    ranks[e] = scores[e] + (p.bias == nullptr ? 0.0f : p.bias[e]);
  }
  __syncwarp();
  if (p.top_groups < p.groups) {
    keep_best_groups(p, ranks, group_ranks, lane);
  }

  int32_t* ids = p.ids.row(t);
  float* weights = p.weights.row(t);
  float largest = -kInfinity;
  for (int64_t j = 0; j < p.chosen; ++j) {
    const Candidate best = best_of(ranks, 0, experts, lane);
    largest = fmaxf(largest, scores[best.id]);
    if (lane == 0) {
      ids[j] = best.id;
      ranks[best.id] = quiet_nan();
    }
    __syncwarp();
  }
  if (lane == 0) {
    const bool top_k_softmax = p.scoring == Scoring::kSoftmaxOfTopK;
    float sum = 0.0f;
    for (int64_t j = 0; j < p.chosen; ++j) {
      const float score = scores[ids[j]];
      const float weight = top_k_softmax ? expf(score - largest) : score;
      weights[j] = weight;
      sum += weight;
    }
    const bool divide = p.normalise || top_k_softmax;
    for (int64_t j = 0; j < p.chosen; ++j) {
      weights[j] = (divide ? weights[j] / (sum + 1e-20f) : weights[j]) * p.scale;
    }
  }
}

}  // namespace

Status route_experts(const RouteExpertsParams& params, cudaStream_t stream) {
  if (params.tokens == 0) {
    return Status::kOk;
  }
  if (params.experts > kMaxExperts) {
    return Status::kUnsupported;
  }
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(params.tokens));
  shape.block = dim3(kWarpSize);
  shape.dynamic_shared_bytes = static_cast<size_t>(2 * params.experts + params.groups) * sizeof(float);
  return launch(route_experts_kernel, shape, stream, params);
}

}  // namespace levin
