/* cp.async, ldmatrix, stmatrix, named barriers: results, and what must be reported. */
#include "check.h"
#include "ptx/barrier.h"
#include "ptx/cp_async.h"
#include "ptx/ld_st.h"
#include "ptx/ldmatrix.h"

using levin::LaunchShape;
using levin::dynamic_shared;
using levin::test::Array;
using levin::test::run;

namespace {

struct CopyParams {
  const uint32_t* in;
  uint32_t* out;
  int wait;
};

constexpr int kStages = 4;

/* Three stages under way while one is read. */
__global__ void pipeline(const __grid_constant__ CopyParams p) {
  uint4* stages = dynamic_shared<uint4>();
  int t = static_cast<int>(threadIdx.x);
  auto start = [&](int step) {
    if (step < 10) {
      levin::cp_async_16(stages + step % kStages * 32 + t, p.in + (step * 32 + t) * 4, t == 7 ? 4 : 16);
    }
    levin::cp_async_commit_group();
  };
  for (int step = 0; step < kStages - 1; ++step) {
    start(step);
  }
  uint32_t sum = 0;
  for (int step = 0; step < 10; ++step) {
    if (p.wait == kStages - 2) {
      levin::cp_async_wait_group<kStages - 2>();
    } else {
      levin::cp_async_wait_group<kStages - 1>();
    }
    __syncthreads();
    uint4 value = stages[step % kStages * 32 + (t + 1) % 32];
    sum += value.x + 2 * value.y + 3 * value.z + 4 * value.w;
    start(step + kStages - 1);
  }
  levin::cp_async_wait_all();
  p.out[t] = sum;
}

CASE(cp_async_keeps_groups_apart) {
  Array<uint32_t> in(10 * 128), out(32);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint32_t>(i * i % 1009);
  }
  CopyParams params{in.data(), out.data(), kStages - 2};
  for (uint64_t seed : {0, 1, 2, 3}) {
    levin::emulator::set_seed(seed);
    EQUAL(run(pipeline, {1, 32, kStages * 512, {1, 1, 1}}, params), "");
    for (size_t t = 0; t < 32; ++t) {
      uint32_t sum = 0;
      for (size_t step = 0; step < 10; ++step) {
        size_t thread = (t + 1) % 32;
        for (size_t i = 0; i < (thread == 7 ? 1 : 4); ++i) {
          sum += static_cast<uint32_t>(i + 1) * in[(step * 32 + thread) * 4 + i];
        }
      }
      EQUAL(out[t], sum);
    }
  }
  levin::emulator::set_seed(1);
}

CASE(a_stage_read_before_its_copy_is_waited_for) {
  Array<uint32_t> in(10 * 128), out(32);
  std::memset(in.data(), 0, in.size() * 4);
  CopyParams params{in.data(), out.data(), kStages - 1};
  CONTAINS(run(pipeline, {1, 32, kStages * 512, {1, 1, 1}}, params), "uninitialised read");
}

__global__ void misplaced_copies(const __grid_constant__ CopyParams p) {
  uint4* stages = dynamic_shared<uint4>();
  if (p.wait == 0) {
    levin::cp_async_16(reinterpret_cast<char*>(stages) + 8, p.in);
  } else if (p.wait == 1) {
    levin::cp_async_16(stages, p.in + 1);
  } else if (p.wait == 2) {
    levin::cp_async_16(stages, p.in + 4);
  } else if (p.wait == 3) {
    levin::cp_async_16(p.out, p.in);
  } else if (p.wait == 4) {
    levin::cp_async_16(stages + 2, p.in);
  } else {
    levin::cp_async_16(stages, p.in + 4, 0);
    levin::cp_async_ca<8>(stages + 1, p.in + 2);
    levin::cp_async_wait_all();
    p.out[0] = stages[0].w + reinterpret_cast<uint32_t*>(stages)[5];
    levin::st_global_cs(p.out, levin::ld_global_nc(p.in));
  }
}

CASE(cp_async_checks_its_addresses) {
  Array<uint32_t> in(4), out(4);
  std::memset(in.data(), 1, 16);
  const char* reports[] = {"misaligned cp.async destination", "misaligned cp.async source",
                           "out-of-bounds read of 16 bytes",  "which is no shared memory",
                           "out-of-bounds write of 16 bytes", ""};
  for (int bug = 0; bug < 6; ++bug) {
    std::string report = run(misplaced_copies, {1, 1, 32, {1, 1, 1}}, CopyParams{in.data(), out.data(), bug});
    if (bug < 5) {
      CONTAINS(report, reports[bug]);
    } else {
      EQUAL(report, "");
    }
  }
}

struct MatrixParams {
  const uint16_t* in;
  uint32_t* loaded;
  uint16_t* stored;
  int bug;
};

/* Matrix i begins at row 8i; rows are 24 values apart, so that a wrong pitch shows. */
constexpr int kPitch = 24;

__global__ void matrices(const __grid_constant__ MatrixParams p) {
  __shared__ __align__(16) uint16_t in[32 * kPitch];
  __shared__ __align__(16) uint16_t out[2][32 * kPitch];
  unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 32 * kPitch; i += 32) {
    in[i] = p.in[i];
    out[0][i] = out[1][i] = 0;
  }
  __syncwarp();
  uint16_t* row = in + lane * kPitch + (p.bug == 1 && lane == 9 ? 1 : 0);
  uint32_t four[4], four_t[4], two[2], two_t[2], one[1], one_t[1];
  levin::ldmatrix_x4(four, row);
  levin::ldmatrix_x4_trans(four_t, row);
  levin::ldmatrix_x2(two, row);
  levin::ldmatrix_x2_trans(two_t, row);
  levin::ldmatrix_x1(one, lane < 8 ? row : nullptr);
  levin::ldmatrix_x1_trans(one_t, row);
  uint32_t* to = p.loaded + lane * 14;
  for (int i = 0; i < 4; ++i) {
    to[i] = four[i];
    to[4 + i] = four_t[i];
    to[8 + i] = i < 2 ? two[i] : two_t[i - 2];
  }
  to[12] = one[0];
  to[13] = one_t[0];
  levin::stmatrix_x4(&out[0][lane * kPitch], four);
  levin::stmatrix_x4_trans(&out[1][lane * kPitch], four_t);
  __syncwarp();
  for (unsigned i = lane; i < 32 * kPitch; i += 32) {
    p.stored[i] = out[0][i];
    p.stored[32 * kPitch + i] = out[1][i];
  }
}

CASE(ldmatrix_and_stmatrix_follow_their_tables) {
  Array<uint16_t> in(32 * kPitch), stored(64 * kPitch);
  Array<uint32_t> loaded(32 * 14);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint16_t>(i);
  }
  MatrixParams params{in.data(), loaded.data(), stored.data(), 0};
  EQUAL(run(matrices, {1, 32, 0, {1, 1, 1}}, params), "");
  auto pair = [&](size_t matrix, size_t lane, bool transposed) -> uint32_t {
    size_t group = lane / 4, place = lane % 4 * 2;
    size_t low = transposed ? place * kPitch + group : group * kPitch + place;
    size_t high = transposed ? low + kPitch : low + 1;
    size_t start = matrix * 8 * kPitch;
    return in[start + low] | static_cast<uint32_t>(in[start + high]) << 16;
  };
  for (size_t lane = 0; lane < 32; ++lane) {
    for (size_t i = 0; i < 4; ++i) {
      EQUAL(loaded[lane * 14 + i], pair(i, lane, false));
      EQUAL(loaded[lane * 14 + 4 + i], pair(i, lane, true));
      EQUAL(loaded[lane * 14 + 8 + i], pair(i % 2, lane, i >= 2));
    }
    EQUAL(loaded[lane * 14 + 12], pair(0, lane, false));
    EQUAL(loaded[lane * 14 + 13], pair(0, lane, true));
  }
  for (size_t i = 0; i < in.size(); ++i) {
    uint16_t want = i % kPitch < 8 ? in[i] : uint16_t{0};
    EQUAL(stored[i], want);
    EQUAL(stored[in.size() + i], want);
  }
  params.bug = 1;
  CONTAINS(run(matrices, {1, 32, 0, {1, 1, 1}}, params), "ldmatrix row");
  CONTAINS(run(matrices, {1, 32, 0, {1, 1, 1}}, params), "thread (9,0,0)");
}

/* Two producer warps fill, two consumer warps drain; each pair of barriers is a full and an empty slot. */
__global__ void hand_over(const __grid_constant__ CopyParams p) {
  __shared__ uint32_t slot[64];
  int t = static_cast<int>(threadIdx.x);
  constexpr int kFullBarrier = 1;
  constexpr int kEmptyBarrier = 2;
  if (t < 64) {
    for (int step = 0; step < 6; ++step) {
      if (step > 0) {
        levin::bar_sync(kEmptyBarrier, 128);
      }
      slot[t] = p.in[step * 64 + t];
      levin::bar_arrive(kFullBarrier, 128);
    }
  } else {
    uint32_t sum = 0;
    for (int step = 0; step < 6; ++step) {
      levin::bar_sync(kFullBarrier, 128);
      sum = sum * 3 + slot[127 - t];
      if (step + 1 < 6) {
        levin::bar_arrive(p.wait == 1 ? kEmptyBarrier + 1 : kEmptyBarrier, 128);
      }
    }
    p.out[t - 64] = sum;
  }
}

CASE(named_barriers_hand_over_between_warps) {
  Array<uint32_t> in(384), out(64);
  for (size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<uint32_t>(i);
  }
  for (uint64_t seed : {0, 1, 2, 3}) {
    levin::emulator::set_seed(seed);
    EQUAL(run(hand_over, {2, 128, 0, {1, 1, 1}}, CopyParams{in.data(), out.data(), 0}), "");
    for (uint32_t t = 0; t < 64; ++t) {
      uint32_t sum = 0;
      for (uint32_t step = 0; step < 6; ++step) {
        sum = sum * 3 + step * 64 + 63 - t;
      }
      EQUAL(out[t], sum);
    }
  }
  levin::emulator::set_seed(1);
  CONTAINS(run(hand_over, {1, 128, 0, {1, 1, 1}}, CopyParams{in.data(), out.data(), 1}), "deadlock");
}

__global__ void odd_barrier(const __grid_constant__ CopyParams) {
  levin::bar_sync(1, 33);
}

__global__ void elects(const __grid_constant__ CopyParams p) {
  p.out[threadIdx.x] = levin::elect_sync();
}

CASE(barrier_counts_are_whole_warps_and_one_lane_is_elected) {
  Array<uint32_t> out(64);
  CONTAINS(run(odd_barrier, {1, 64, 0, {1, 1, 1}}, CopyParams{nullptr, nullptr, 0}), "multiples of 32");
  EQUAL(run(elects, {1, 64, 0, {1, 1, 1}}, CopyParams{nullptr, out.data(), 0}), "");
  uint32_t elected = 0;
  for (size_t t = 0; t < 64; ++t) {
    elected += out[t];
  }
  EQUAL(elected, 2u);
}

}  // namespace

int main() {
  return levin::test::run_all();
}
