/* Threads, barriers, warp collectives, atomics and shared memory against their definitions. */
#include "check.h"

using levin::LaunchShape;
using levin::dynamic_shared;
using levin::test::Array;
using levin::test::run;

namespace {

constexpr unsigned kFull = 0xffffffffu;

LaunchShape shape(dim3 grid, dim3 block, size_t shared = 0) {
  return {grid, block, shared, {1, 1, 1}};
}

struct IndexParams {
  uint32_t* out;
};

__global__ void write_indices(const __grid_constant__ IndexParams p) {
  unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  p.out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

CASE(every_thread_of_every_block_runs_once) {
  Array<uint32_t> out(2 * 3 * 4 * 5 * 3 * 7);
  EQUAL(run(write_indices, shape({2, 3, 4}, {5, 3, 7}), IndexParams{out.data()}), "");
  for (size_t i = 0; i < out.size(); ++i) {
    EQUAL(out[i], i / 105 * 1000 + i % 105);
  }
}

struct ScanParams {
  const float* in;
  float* out;
  int n;
};

/* Inclusive prefix sums of a block by doubling: reads and writes of neighbours between barriers. */
__global__ void scan(const __grid_constant__ ScanParams p) {
  __shared__ __align__(16) float sums[256];
  int t = static_cast<int>(threadIdx.x);
  sums[t] = p.in[blockIdx.x * 256 + threadIdx.x];
  __syncthreads();
  for (int distance = 1; distance < 256; distance *= 2) {
    float add = t >= distance ? sums[t - distance] : 0.0f;
    __syncthreads();
    sums[t] += add;
    __syncthreads();
  }
  p.out[blockIdx.x * 256 + threadIdx.x] = sums[t];
}

CASE(barriers_order_shared_memory_under_every_seed) {
  constexpr int kBlocks = 9;
  Array<float> in(256 * kBlocks), out(256 * kBlocks);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<float>(i % 7);
  }
  for (uint64_t seed : {0, 1, 2, 3, 99}) {
    levin::emulator::set_seed(seed);
    EQUAL(run(scan, shape(kBlocks, 256), ScanParams{in.data(), out.data(), 256}), "");
    for (int b = 0; b < kBlocks; ++b) {
      float sum = 0;
      for (int i = 0; i < 256; ++i) {
        sum += in[b * 256 + i];
        EQUAL(out[b * 256 + i], sum);
      }
    }
  }
  levin::emulator::set_seed(1);
}

struct RacyParams {
  int* out;
};

__global__ void forgets_its_barrier(const __grid_constant__ RacyParams p) {
  __shared__ int values[64];
  values[threadIdx.x] = 0;
  __syncthreads();
  values[threadIdx.x] = static_cast<int>(threadIdx.x) + 1;
  p.out[threadIdx.x] = values[(threadIdx.x + 63) % 64];
}

CASE(a_race_shows_under_some_seed) {
  Array<int> out(64);
  int wrong = 0;
  for (uint64_t seed = 1; seed < 20; ++seed) {
    levin::emulator::set_seed(seed);
    EQUAL(run(forgets_its_barrier, shape(1, 64), RacyParams{out.data()}), "");
    for (int i = 0; i < 64; ++i) {
      wrong += out[i] == 0;
    }
  }
  levin::emulator::set_seed(1);
  EQUAL(wrong > 0, true);
}

struct LaneParams {
  uint32_t* out;
  uint32_t argument;
};

__global__ void shuffles(const __grid_constant__ LaneParams p) {
  int lane = static_cast<int>(threadIdx.x);
  uint32_t* out = p.out + lane * 8;
  out[0] = static_cast<uint32_t>(__shfl_sync(kFull, lane * 3, 5));
  out[1] = static_cast<uint32_t>(__shfl_sync(kFull, lane, lane + 3, 8));
  out[2] = static_cast<uint32_t>(__shfl_up_sync(kFull, lane, 3, 16));
  out[3] = static_cast<uint32_t>(__shfl_down_sync(kFull, lane, 5, 16));
  out[4] = static_cast<uint32_t>(__shfl_xor_sync(kFull, lane, 7));
  out[5] = static_cast<uint32_t>(__shfl_xor_sync(kFull, 1.5 * lane, 1) * 2);
  out[6] = static_cast<uint32_t>(__shfl_xor_sync(kFull, lane, 9, 8));
  out[7] = static_cast<uint32_t>(__shfl_sync(kFull, static_cast<int64_t>(lane) << 33, 31) >> 33);
}

CASE(shuffles_follow_their_definitions) {
  Array<uint32_t> out(32 * 8);
  EQUAL(run(shuffles, shape(1, 32), LaneParams{out.data(), 0}), "");
  for (uint32_t lane = 0; lane < 32; ++lane) {
    EQUAL(out[lane * 8 + 0], 15u);
    EQUAL(out[lane * 8 + 1], (lane & ~7u) + ((lane + 3) & 7u));
    EQUAL(out[lane * 8 + 2], lane % 16 >= 3 ? lane - 3 : lane);
    EQUAL(out[lane * 8 + 3], lane % 16 + 5 < 16 ? lane + 5 : lane);
    EQUAL(out[lane * 8 + 4], lane ^ 7u);
    EQUAL(out[lane * 8 + 5], (lane ^ 1u) * 3);
    EQUAL(out[lane * 8 + 6], (lane ^ 9u) > (lane | 7u) ? lane : lane ^ 9u);
    EQUAL(out[lane * 8 + 7], 31u);
  }
}

__global__ void votes(const __grid_constant__ LaneParams p) {
  unsigned lane = threadIdx.x;
  uint32_t* out = p.out + lane * 8;
  if (lane % 3 == 0) {
    out[0] = __ballot_sync(0x49249249u, lane > 10);
    out[1] = static_cast<uint32_t>(__any_sync(0x49249249u, lane == 9));
    out[2] = static_cast<uint32_t>(__all_sync(0x49249249u, lane % 3 == 0));
  } else {
    out[0] = __ballot_sync(~0x49249249u, lane > 10);
    out[1] = static_cast<uint32_t>(__any_sync(~0x49249249u, lane == 9));
    out[2] = static_cast<uint32_t>(__all_sync(~0x49249249u, lane % 3 == 1));
  }
  out[3] = __match_any_sync(kFull, lane % 5);
  int same = 7;
  out[4] = __match_all_sync(kFull, lane / 32, &same);
  out[4] += static_cast<uint32_t>(same);
  out[5] = __match_all_sync(kFull, lane, &same);
  out[5] += static_cast<uint32_t>(same);
  out[6] = static_cast<uint32_t>(__reduce_min_sync(kFull, 5 - static_cast<int>(lane)));
  out[7] = __reduce_xor_sync(kFull, 1u << lane) + __reduce_add_sync(kFull, lane);
}

CASE(votes_matches_and_reductions_follow_their_definitions) {
  Array<uint32_t> out(32 * 8);
  for (uint64_t seed : {0, 5}) {
    levin::emulator::set_seed(seed);
    EQUAL(run(votes, shape(1, 32), LaneParams{out.data(), 0}), "");
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t group = lane % 3 == 0 ? 0x49249249u : ~0x49249249u;
      EQUAL(out[lane * 8 + 0], group & 0xfffff800u);
      EQUAL(out[lane * 8 + 1], lane % 3 == 0 ? 1u : 0u);
      EQUAL(out[lane * 8 + 2], lane % 3 == 0 ? 1u : 0u);
      uint32_t like = 0;
      for (uint32_t other = 0; other < 32; ++other) {
        like |= static_cast<uint32_t>(other % 5 == lane % 5) << other;
      }
      EQUAL(out[lane * 8 + 3], like);
      EQUAL(out[lane * 8 + 4], kFull + 1u);
      EQUAL(out[lane * 8 + 5], 0u);
      EQUAL(static_cast<int>(out[lane * 8 + 6]), -26);
      EQUAL(out[lane * 8 + 7], kFull + 496u);
    }
  }
  levin::emulator::set_seed(1);
}

__global__ void early_exit(const __grid_constant__ LaneParams p) {
  if (threadIdx.x >= p.argument) {
    return;
  }
  p.out[threadIdx.x] = __reduce_add_sync(kFull, 1u) + __popc(__ballot_sync(kFull, 1));
}

CASE(lanes_that_exited_do_not_hold_up_a_warp) {
  Array<uint32_t> out(32);
  EQUAL(run(early_exit, shape(1, 32), LaneParams{out.data(), 20}), "");
  for (uint32_t lane = 0; lane < 20; ++lane) {
    EQUAL(out[lane], 40u);
  }
  EQUAL(run(early_exit, shape(1, 9), LaneParams{out.data(), 20}), "");
  for (uint32_t lane = 0; lane < 9; ++lane) {
    EQUAL(out[lane], 18u);
  }
}

__global__ void block_votes(const __grid_constant__ LaneParams p) {
  int t = static_cast<int>(threadIdx.x);
  int count = __syncthreads_count(t % 3 == 0);
  int all = __syncthreads_and(t < 100);
  int any = __syncthreads_or(t == 99);
  p.out[t] = static_cast<uint32_t>(count * 4 + all * 2 + any);
}

CASE(block_votes_follow_their_definitions) {
  Array<uint32_t> out(100);
  EQUAL(run(block_votes, shape(1, 100), LaneParams{out.data(), 0}), "");
  for (size_t t = 0; t < 100; ++t) {
    EQUAL(out[t], 34u * 4 + 3);
  }
}

__global__ void add_up(const __grid_constant__ LaneParams p) {
  __shared__ uint32_t total;
  if (threadIdx.x == 0) {
    total = 0;
  }
  __syncthreads();
  atomicAdd(&total, threadIdx.x);
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd(p.out, total);
    atomicMax(p.out + 1, blockIdx.x);
    atomicAdd(reinterpret_cast<float*>(p.out + 2), 0.5f);
    atomicCAS(p.out + 3, blockIdx.x, blockIdx.x + 1);
  }
}

CASE(atomics_add_up_over_blocks) {
  Array<uint32_t> out(4);
  std::memset(out.data(), 0, 16);
  EQUAL(run(add_up, shape(200, 64), LaneParams{out.data(), 0}), "");
  EQUAL(out[0], 200u * 2016);
  EQUAL(out[1], 199u);
  float half_of_blocks;
  std::memcpy(&half_of_blocks, out.data() + 2, 4);
  EQUAL(half_of_blocks, 100.0f);
}

struct Storage {
  float4 quads[8];
  int marks[32];
};

__global__ void uses_dynamic_shared(const __grid_constant__ LaneParams p) {
  Storage& storage = *dynamic_shared<Storage>();
  if (threadIdx.x < 8) {
    float base = static_cast<float>(threadIdx.x);
    storage.quads[threadIdx.x] = make_float4(base, base + 1, base + 2, base + 3);
  }
  storage.marks[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  float4 quad = storage.quads[threadIdx.x % 8];
  p.out[threadIdx.x] = static_cast<uint32_t>(quad.x + quad.w) +
                       static_cast<uint32_t>(storage.marks[31 - threadIdx.x]);
}

CASE(dynamic_shared_memory_belongs_to_the_block) {
  Array<uint32_t> out(32);
  EQUAL(run(uses_dynamic_shared, shape(1, 32, sizeof(Storage)), LaneParams{out.data(), 0}), "");
  for (uint32_t t = 0; t < 32; ++t) {
    EQUAL(out[t], t % 8 * 2 + 3 + 31 - t);
  }
}

}  // namespace

int main() {
  return levin::test::run_all();
}
