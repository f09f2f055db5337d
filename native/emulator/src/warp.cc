#include "emulator/warp.h"

#include "block.h"

namespace levin::emulator {

namespace {

/* What a lane reads that the mask leaves out or that has exited: a device promises nothing. */
constexpr uint64_t kUndefined = 0xfff7dead7fbadbadull;

struct ShuffleLane {
  uint64_t value;
  uint64_t result;
  int operand;
  int width;
  Shuffle kind;
};

int source_lane(int lane, const ShuffleLane& l) {
  int first = lane & ~(l.width - 1);
  int last = first + l.width - 1;
  switch (l.kind) {
    case Shuffle::kIndex:
      return first + (l.operand & (l.width - 1));
    case Shuffle::kUp:
      return lane - l.operand < first ? lane : lane - l.operand;
    case Shuffle::kDown:
      return lane + l.operand > last ? lane : lane + l.operand;
    case Shuffle::kXor:
      return (lane ^ l.operand) > last ? lane : (lane ^ l.operand);
  }
  return lane;
}

void perform_shuffle(const Lanes& lanes) {
  for (uint32_t left = lanes.mask; left != 0; left &= left - 1) {
    int lane = __builtin_ctz(left);
    ShuffleLane& to = *lanes.of<ShuffleLane>(lane);
    int from = source_lane(lane, to) & 31;
    to.result = lanes.mask >> from & 1u ? lanes.of<ShuffleLane>(from)->value : kUndefined;
  }
}

struct BallotLane {
  int predicate;
  uint32_t result;
};

void perform_ballot(const Lanes& lanes) {
  uint32_t result = 0;
  for (uint32_t left = lanes.mask; left != 0; left &= left - 1) {
    int lane = __builtin_ctz(left);
    result |= static_cast<uint32_t>(lanes.of<BallotLane>(lane)->predicate != 0) << lane;
  }
  for (uint32_t left = lanes.mask; left != 0; left &= left - 1) {
    lanes.of<BallotLane>(__builtin_ctz(left))->result = result;
  }
}

struct MatchLane {
  uint64_t value;
  uint32_t result;
};

void perform_match(const Lanes& lanes) {
  for (uint32_t left = lanes.mask; left != 0; left &= left - 1) {
    MatchLane& self = *lanes.of<MatchLane>(__builtin_ctz(left));
    self.result = 0;
    for (uint32_t others = lanes.mask; others != 0; others &= others - 1) {
      int other = __builtin_ctz(others);
      self.result |= static_cast<uint32_t>(lanes.of<MatchLane>(other)->value == self.value) << other;
    }
  }
}

struct ReduceLane {
  Reduction kind;
  uint32_t value;
};

uint32_t combine(Reduction kind, uint32_t a, uint32_t b) {
  int32_t signed_a = static_cast<int32_t>(a);
  int32_t signed_b = static_cast<int32_t>(b);
  switch (kind) {
    case Reduction::kAddSigned:
    case Reduction::kAdd:
      return a + b;
    case Reduction::kMinSigned:
      return signed_a < signed_b ? a : b;
    case Reduction::kMin:
      return a < b ? a : b;
    case Reduction::kMaxSigned:
      return signed_a > signed_b ? a : b;
    case Reduction::kMax:
      return a > b ? a : b;
    case Reduction::kAnd:
      return a & b;
    case Reduction::kOr:
      return a | b;
    case Reduction::kXor:
      return a ^ b;
  }
  return 0;
}

void perform_reduce(const Lanes& lanes) {
  int first = __builtin_ctz(lanes.mask);
  const ReduceLane start = *lanes.of<ReduceLane>(first);
  uint32_t sum = start.value;
  for (uint32_t left = lanes.mask & (lanes.mask - 1); left != 0; left &= left - 1) {
    int lane = __builtin_ctz(left);
    const ReduceLane& next = *lanes.of<ReduceLane>(lane);
    if (next.kind != start.kind) {
      fault_of_lane(lane, "divergent warp: the lanes reduce with different operations");
    }
    sum = combine(start.kind, sum, next.value);
  }
  for (uint32_t left = lanes.mask; left != 0; left &= left - 1) {
    lanes.of<ReduceLane>(__builtin_ctz(left))->value = sum;
  }
}

void perform_sync(const Lanes&) {}

constexpr Collective kShuffle[] = {{"__shfl_sync", perform_shuffle},
                                   {"__shfl_up_sync", perform_shuffle},
                                   {"__shfl_down_sync", perform_shuffle},
                                   {"__shfl_xor_sync", perform_shuffle}};
constexpr Collective kBallot{"a vote", perform_ballot};
constexpr Collective kMatchAny{"__match_any_sync", perform_match};
constexpr Collective kMatchAll{"__match_all_sync", perform_match};
constexpr Collective kReduce{"__reduce_sync", perform_reduce};
constexpr Collective kSyncWarp{"__syncwarp", perform_sync};

}  // namespace

uint64_t shuffle_bits(Shuffle kind, uint32_t mask, uint64_t bits, int operand, int width, Location where) {
  if (width <= 0 || width > kWarp || (width & (width - 1)) != 0) {
    fault("shuffle with width %d: it must be 1, 2, 4, 8, 16 or 32", width);
  }
  ShuffleLane lane{bits, 0, operand, width, kind};
  warp_collective(kShuffle[static_cast<int>(kind)], mask, &lane, where);
  return lane.result;
}

uint32_t ballot(uint32_t mask, int predicate, Location where) {
  BallotLane lane{predicate, 0};
  warp_collective(kBallot, mask, &lane, where);
  return lane.result;
}

uint32_t match_any(uint32_t mask, uint64_t value, Location where) {
  MatchLane lane{value, 0};
  warp_collective(kMatchAny, mask, &lane, where);
  return lane.result;
}

uint32_t match_all(uint32_t mask, uint64_t value, int* same, Location where) {
  MatchLane lane{value, 0};
  warp_collective(kMatchAll, mask, &lane, where);
  /* Exited lanes do not count; the lanes that met all see the same set. */
  uint32_t met = ballot(mask, 1, where);
  *same = lane.result == met;
  return lane.result == met ? met : 0;
}

uint32_t reduce(Reduction kind, uint32_t mask, uint32_t value, Location where) {
  ReduceLane lane{kind, value};
  warp_collective(kReduce, mask, &lane, where);
  return lane.value;
}

void sync_warp(uint32_t mask, Location where) {
  warp_collective(kSyncWarp, mask, nullptr, where);
}

bool elect(Location where) {
  return lane_id() == __builtin_ctz(ballot(~0u, 1, where));
}

uint32_t active_mask() {
  return current_block()->active_lanes();
}

}  // namespace levin::emulator
