// argmax, sample: a block per row of logits.
//
// No sort: the k-th highest logit, and the one at which the mass top_p is reached, are found by radix selection, eight
// bits of an order-preserving key at a time. Masses are 64-bit integers in units of 2^-40 of the largest, so that sums
// are exact whatever order atomics bring them in.
#include "levin/kernels/sampling.h"

#include "common/launch.h"
#include "common/numeric.cuh"

namespace levin {
namespace {

using Mass = unsigned long long;

constexpr int kThreads = 256;
constexpr int kDigits = 256;
constexpr int kDigitBits = 8;
constexpr float kMassUnits = 0x1p40f;
constexpr uint32_t kAllTies = 0xffffffffu;
constexpr int64_t kMaxVocab = 1 << 20;

// Keys order as the logits do; both zeros have one key.
__device__ inline uint32_t key_of(float logit) {
  const uint32_t bits = __float_as_uint(logit + 0.0f);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ inline float logit_of(uint32_t key) {
  return __uint_as_float(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

// Candidates: keys above key, and of those equal to it the ties with the lowest ids.
struct Kept {
  uint32_t key, ties;

  // Those that are counted one by one; what is equal to the key and limited is counted at once.
  __device__ bool counts(uint32_t other) const { return other > key || (other == key && ties == kAllTies); }
  __device__ bool has_limited_ties() const { return ties != kAllTies; }
};

struct Best {
  uint32_t key;
  int id;     // -1 when there is nothing to choose
  int valid;  // neither NaN nor +infinity among the logits
};

struct SampleShared {
  Mass bins[kDigits];
  Mass sums[kThreads];
  uint32_t ties[kThreads];
  Best best[kThreads / kWarpSize];
  Mass above;
  uint32_t digit;
  int chosen;
};

__device__ inline Best better(const Best& a, const Best& b) {
  const bool b_wins = b.key > a.key || (b.key == a.key && b.id < a.id);
  return {b_wins ? b.key : a.key, b_wins ? b.id : a.id, a.valid & b.valid};
}

__device__ Best best_of(const float* logits, int vocab, SampleShared& shared) {
  Best best{0, vocab, 1};
  for (int i = static_cast<int>(threadIdx.x); i < vocab; i += kThreads) {
    best = better(best, Best{key_of(logits[i]), i, logits[i] < kInfinity});
  }
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    best = better(best, Best{__shfl_xor_sync(kAllLanes, best.key, distance),
                             __shfl_xor_sync(kAllLanes, best.id, distance),
                             __shfl_xor_sync(kAllLanes, best.valid, distance)});
  }
  if (threadIdx.x % kWarpSize == 0) {
    shared.best[threadIdx.x / kWarpSize] = best;
  }
  __syncthreads();
  best = shared.best[0];
  for (int w = 1; w < kThreads / kWarpSize; ++w) {
    best = better(best, shared.best[w]);
  }
  if (!best.valid || best.id == vocab || best.key == key_of(-kInfinity)) {
    best.id = -1;
  }
  return best;
}

// Mass of a logit beside the highest one.
__device__ inline Mass mass_of(float logit, float highest, float temperature) {
  return static_cast<Mass>(expf((logit - highest) / temperature) * kMassUnits);
}

// The sum of a number of each thread; all threads get it.
__device__ Mass block_sum(Mass value, SampleShared& shared) {
  shared.sums[threadIdx.x] = value;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < static_cast<unsigned>(half)) {
      shared.sums[threadIdx.x] += shared.sums[threadIdx.x + half];
    }
  }
  __syncthreads();
  const Mass sum = shared.sums[0];
  __syncthreads();
  return sum;
}

// weigh(logit) summed over all candidates.
template <typename Weigh>
__device__ Mass total_of(const float* logits, int vocab, const Kept& kept, Weigh weigh, SampleShared& shared) {
  Mass sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < vocab; i += kThreads) {
    if (kept.counts(key_of(logits[i]))) {
      sum += weigh(logits[i]);
    }
  }
  sum = block_sum(sum, shared);
  return kept.has_limited_ties() ? sum + kept.ties * weigh(logit_of(kept.key)) : sum;
}

struct Selected {
  uint32_t key;
  Mass above;  // of the candidates with higher keys
};

// The highest key from which upwards the candidates weigh at least target. All threads get it.
template <typename Weigh>
__device__ Selected select(const float* logits, int vocab, const Kept& kept, Mass target, Weigh weigh,
                           SampleShared& shared) {
  Selected found{0, 0};
  uint32_t decided = 0;
  for (int shift = 32 - kDigitBits; shift >= 0; shift -= kDigitBits) {
    for (int bin = static_cast<int>(threadIdx.x); bin < kDigits; bin += kThreads) {
      shared.bins[bin] = 0;
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < vocab; i += kThreads) {
      const uint32_t key = key_of(logits[i]);
      if (kept.counts(key) && (key & decided) == found.key) {
        atomicAdd(&shared.bins[key >> shift & (kDigits - 1)], weigh(logits[i]));
      }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      if (kept.has_limited_ties() && (kept.key & decided) == found.key) {
        shared.bins[kept.key >> shift & (kDigits - 1)] += kept.ties * weigh(logit_of(kept.key));
      }
      Mass above = found.above;
      int digit = kDigits - 1;
      while (digit > 0 && above + shared.bins[digit] < target) {
        above += shared.bins[digit];
        --digit;
      }
      shared.digit = static_cast<uint32_t>(digit);
      shared.above = above;
    }
    __syncthreads();
    found = {found.key | shared.digit << shift, shared.above};
    decided |= static_cast<uint32_t>(kDigits - 1) << shift;
    __syncthreads();
  }
  return found;
}

__device__ Kept keep_best(const float* logits, int vocab, int top_k, SampleShared& shared) {
  const Mass target = static_cast<Mass>(top_k);
  const Selected found = select(logits, vocab, Kept{0, kAllTies}, target, [](float) { return Mass{1}; }, shared);
  return {found.key, static_cast<uint32_t>(target - found.above)};
}

__device__ Kept keep_mass(const float* logits, int vocab, const Kept& kept, float highest, float top_p,
                          SampleShared& shared) {
  const auto weigh = [highest](float logit) { return mass_of(logit, highest, 1.0f); };
  const double wanted = static_cast<double>(top_p) * static_cast<double>(total_of(logits, vocab, kept, weigh, shared));
  const Mass target = wanted < 1.0 ? 1 : static_cast<Mass>(ceil(wanted));
  const Selected found = select(logits, vocab, kept, target, weigh, shared);
  const Mass each = weigh(logit_of(found.key));
  const Mass ties = each == 0 ? 1 : (target - found.above + each - 1) / each;
  const uint32_t limit = found.key == kept.key ? kept.ties : kAllTies;
  return {found.key, ties < limit ? static_cast<uint32_t>(ties) : limit};
}

// The candidate at a point of the cumulated masses, in the order of ids.
__device__ int draw(const float* logits, int vocab, const Kept& kept, float highest, float temperature, float point,
                    SampleShared& shared) {
  const int thread = static_cast<int>(threadIdx.x);
  const int run = ceil_div(vocab, kThreads);
  const int begin = thread * run < vocab ? thread * run : vocab;
  const int end = begin + run < vocab ? begin + run : vocab;
  uint32_t ties = 0;
  for (int i = begin; i < end; ++i) {
    ties += key_of(logits[i]) == kept.key;
  }
  shared.ties[thread] = ties;
  __syncthreads();
  uint32_t first_tie = 0;
  for (int other = 0; other < thread; ++other) {
    first_tie += shared.ties[other];
  }

  // Visits the candidates of this thread's run until visit says stop.
  const auto walk = [&](auto visit) {
    uint32_t tie = first_tie;
    for (int i = begin; i < end; ++i) {
      const uint32_t key = key_of(logits[i]);
      const bool is_tie = key == kept.key;
      if ((key > kept.key || (is_tie && tie < kept.ties)) && visit(i, mass_of(logits[i], highest, temperature))) {
        return;
      }
      tie += is_tie;
    }
  };
  Mass sum = 0;
  walk([&](int, Mass mass) {
    sum += mass;
    return false;
  });
  const Mass total = block_sum(sum, shared);
  shared.sums[thread] = sum;
  __syncthreads();
  Mass before = 0;
  for (int other = 0; other < thread; ++other) {
    before += shared.sums[other];
  }
  const Mass wanted = static_cast<Mass>(static_cast<double>(point) * static_cast<double>(total));
  const Mass target = wanted < total ? wanted : total - 1;
  if (before <= target && target < before + sum) {
    walk([&](int i, Mass mass) {
      before += mass;
      shared.chosen = i;
      return target < before;
    });
  }
  __syncthreads();
  return shared.chosen;
}

__global__ void __launch_bounds__(kThreads) argmax_kernel(const __grid_constant__ ArgmaxParams p) {
  __shared__ SampleShared shared;
  const Best best = best_of(p.logits.row(blockIdx.x), static_cast<int>(p.vocab), shared);
  if (threadIdx.x == 0) {
    p.ids[blockIdx.x] = best.id;
  }
}

__global__ void __launch_bounds__(kThreads) sample_kernel(const __grid_constant__ SampleParams p) {
  __shared__ SampleShared shared;
  const int64_t row = blockIdx.x;
  const float* logits = p.logits.row(row);
  const int vocab = static_cast<int>(p.vocab);
  const Best best = best_of(logits, vocab, shared);
  const float temperature = p.temperature[row];
  int id = best.id;
  if (id >= 0 && temperature > 0.0f) {
    const float highest = logit_of(best.key);
    const int top_k = p.top_k == nullptr ? 0 : p.top_k[row];
    const float top_p = p.top_p == nullptr ? 1.0f : p.top_p[row];
    const float min_p = p.min_p == nullptr ? 0.0f : p.min_p[row];
    Kept kept{0, kAllTies};
    if (top_k > 0 && top_k < vocab) {
      kept = keep_best(logits, vocab, top_k, shared);
    }
    if (top_p < 1.0f) {
      kept = keep_mass(logits, vocab, kept, highest, top_p, shared);
    }
    if (min_p > 0.0f) {
      const uint32_t least = key_of(highest + logf(min_p));
      kept = least > kept.key ? Kept{least < best.key ? least : best.key, kAllTies} : kept;
    }
    id = draw(logits, vocab, kept, highest, temperature, p.point[row], shared);
  }
  if (threadIdx.x == 0) {
    p.ids[row] = id;
  }
}

LaunchShape row_blocks(int64_t rows) {
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(rows));
  shape.block = dim3(kThreads);
  return shape;
}

}  // namespace

Status argmax(const ArgmaxParams& params, cudaStream_t stream) {
  if (params.rows == 0) {
    return Status::kOk;
  }
  if (params.vocab >= kMaxVocab) {
    return Status::kUnsupported;
  }
  return launch(argmax_kernel, row_blocks(params.rows), stream, params);
}

Status sample(const SampleParams& params, cudaStream_t stream) {
  if (params.rows == 0) {
    return Status::kOk;
  }
  if (params.vocab >= kMaxVocab) {
    return Status::kUnsupported;
  }
  return launch(sample_kernel, row_blocks(params.rows), stream, params);
}

}  // namespace levin
