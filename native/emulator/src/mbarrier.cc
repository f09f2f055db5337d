#include "emulator/mbarrier.h"

#include <cstring>

#include "block.h"
#include "bulk.h"

namespace levin::emulator {

namespace {

constexpr uint32_t kMaxCount = (1u << 20) - 1;

struct State {
  uint64_t phase : 1;
  uint64_t expected : 20;
  uint64_t pending : 20;
  int64_t bytes : 22;
};
static_assert(sizeof(State) == sizeof(uint64_t), "a barrier is 64 bits");

State load(const uint64_t* barrier) {
  if (reinterpret_cast<uintptr_t>(barrier) % 8 != 0 || !is_shared(barrier)) {
    fault("mbarrier at %p, which is no multiple of 8 in shared memory", static_cast<const void*>(barrier));
  }
  /* A barrier that nobody initialised in this block counts as unwritten. */
  check_read(barrier, 8);
  State state;
  std::memcpy(&state, barrier, 8);
  return state;
}

void store(uint64_t* barrier, State state) {
  if (state.pending == 0 && state.bytes == 0) {
    state.phase ^= 1;
    state.pending = state.expected;
    made_progress();
  }
  std::memcpy(barrier, &state, 8);
}

}  // namespace

void mbarrier_init(uint64_t* barrier, uint32_t count) {
  if (count == 0 || count > kMaxCount) {
    fault("mbarrier for %u arrivals: 1 to %u are possible", count, kMaxCount);
  }
  check_write(barrier, 8);
  load(barrier);
  State state{};
  state.expected = state.pending = count;
  std::memcpy(barrier, &state, 8);
}

void mbarrier_arrive(uint64_t* barrier, uint32_t expected_bytes) {
  State state = load(barrier);
  if (state.pending == 0) {
    fault("mbarrier: more arrivals than the %u it was made for", static_cast<uint32_t>(state.expected));
  }
  if (expected_bytes > kMaxCount) {
    fault("mbarrier: a phase cannot expect %u bytes", expected_bytes);
  }
  state.bytes += expected_bytes;
  --state.pending;
  store(barrier, state);
}

void mbarrier_complete(uint64_t* barrier, uint32_t bytes) {
  State state = load(barrier);
  state.bytes -= bytes;
  store(barrier, state);
}

bool mbarrier_try_wait(uint64_t* barrier, uint32_t parity, Location where) {
  finish_loads(barrier);
  if (load(barrier).phase != (parity & 1u)) {
    return true;
  }
  poll("mbarrier.try_wait", where);
  return false;
}

}  // namespace levin::emulator
