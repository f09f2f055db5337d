#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include "emulator/tma.h"

#define LEVIN_INDEX(variable, name) \
  __thread uint3 variable __asm__("levin_emulator_" #name)
LEVIN_INDEX(thread_index, threadIdx);
LEVIN_INDEX(block_index, blockIdx);
LEVIN_INDEX(block_dimensions, blockDim);
LEVIN_INDEX(grid_dimensions, gridDim);
#undef LEVIN_INDEX

namespace levin::emulator {

Regions regions;

namespace {

/* Stacks start at different cache lines, else the hot ends of all of them share a few cache sets. */
constexpr size_t kStackColours = 37;
constexpr size_t kColourBytes = 192;
/* So often all threads may poll in vain before nothing is held to be able to change. */
constexpr int kIdleRounds = 1000;

std::mutex regions_mutex;
/* Bit i: some Block has the stacks of slot i. Regions::blocks does not tell, as it is null after a fault. */
uint64_t taken_slots = 0;

uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

std::string triple(uint3 v) {
  return "(" + std::to_string(v.x) + "," + std::to_string(v.y) + "," + std::to_string(v.z) + ")";
}

std::string at(Location where) {
  const char* slash = std::strrchr(where.file, '/');
  return std::string(slash == nullptr ? where.file : slash + 1) + ":" + std::to_string(where.line);
}

uint32_t lanes_of(int threads, int warp) {
  int count = std::min(threads - warp * kWarp, kWarp);
  return count == kWarp ? ~0u : (1u << count) - 1;
}

}  // namespace

void Grid::fail(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!failed.load(std::memory_order_relaxed)) {
    report = text;
    failed.store(true, std::memory_order_release);
  }
}

Block::Block()
    : stack_of_(kMaxThreads),
      thread_index_(kMaxThreads),
      fibers_(kMaxThreads),
      waits_(kMaxThreads),
      copies_(kMaxThreads) {
  std::lock_guard<std::mutex> lock(regions_mutex);
  if (regions.stacks_bytes == 0) {
    void* range = mmap(nullptr, kStacksBytes * kMaxBlocks, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
      throw std::bad_alloc();
    }
    regions.stacks = reinterpret_cast<uintptr_t>(range);
    regions.stacks_bytes = kStacksBytes * kMaxBlocks;
  }
  static_assert(kMaxBlocks == 64, "slots are bits of a word");
  if (~taken_slots == 0) {
    throw std::bad_alloc();
  }
  slot_ = __builtin_ctzll(~taken_slots);
  taken_slots |= uint64_t{1} << slot_;
  stacks_ = reinterpret_cast<char*>(regions.stacks) + static_cast<size_t>(slot_) * kStacksBytes;
  free_stacks_.reserve(kMaxThreads);
}

Block::~Block() {
  std::lock_guard<std::mutex> lock(regions_mutex);
  madvise(stacks_, kStacksBytes, MADV_DONTNEED);
  regions.blocks[slot_] = nullptr;
  taken_slots &= ~(uint64_t{1} << slot_);
}

void Block::bind_thread() {
  shared_.bind_thread();
  index_of_thread_ = &thread_index;
}

void Block::run(Grid& grid, uint64_t block) {
  const KernelCall& call = grid.call;
  grid_ = &grid;
  index_ = {static_cast<unsigned>(block % call.grid.x),
            static_cast<unsigned>(block / call.grid.x % call.grid.y),
            static_cast<unsigned>(block / call.grid.x / call.grid.y)};
  threads_ = static_cast<int>(call.block.x * call.block.y * call.block.z);
  warps_ = (threads_ + kWarp - 1) / kWarp;
  alive_ = threads_;
  last_exited_ = -1;
  if (thread_shape_.x != call.block.x || thread_shape_.y != call.block.y ||
      thread_shape_.z != call.block.z) {
    thread_shape_ = call.block;
    for (unsigned t = 0; t < static_cast<unsigned>(threads_); ++t) {
      thread_index_[t] = {t % call.block.x, t / call.block.x % call.block.y,
                          t / call.block.x / call.block.y};
    }
  }
  ready_warps_ = 0;
  for (int w = 0; w < warps_; ++w) {
    Warp& warp = warp_state_[w];
    warp.present = lanes_of(threads_, w);
    warp.polling = 0;
    warp.exited = 0;
    warp.meetings = 0;
    warp.ready = 0;
    make_ready(w, warp.present);
  }
  for (Barrier& barrier : barriers_) {
    barrier = Barrier{};
  }
  std::fill_n(stack_of_.begin(), threads_, -1);
  free_stacks_.clear();
  for (int slot = threads_; slot-- > 0;) {
    free_stacks_.push_back(slot);
  }
  if (copied_) {
    copied_ = false;
    for (ThreadCopies& copies : copies_) {
      copies.pending.clear();
      copies.stores.clear();
      copies.products.clear();
    }
  }
  loads_.clear();
  random_ = mix(grid.seed ^ mix(block));
  progress_ = polled_progress_ = 0;
  idle_rounds_ = 0;
  rotation_ = 0;
  backwards_ = false;
  first_warp_ = 0;
  reorder();
  warp_ = first_warp_;
  shared_.begin_block(call.dynamic_shared_bytes);
  block_index = index_;
  block_dimensions = call.block;
  grid_dimensions = call.grid;

  regions.blocks[slot_] = this;
  int first = next_thread();
  enter(first);
  switch_fiber(host_, fibers_[static_cast<size_t>(first)]);
}

/* Sets up the running thread; gives it a stack if it has not started. */
void Block::enter(int thread) {
  size_t t = static_cast<size_t>(thread);
  current_ = thread;
  *index_of_thread_ = thread_index_[t];
  if (stack_of_[t] < 0) {
    int slot = free_stacks_.back();
    free_stacks_.pop_back();
    stack_of_[t] = slot;
    size_t colour = static_cast<size_t>(slot) % kStackColours * kColourBytes;
    prepare_fiber(fibers_[t], stacks_ + static_cast<size_t>(slot) * kStackBytes, kStackBytes - colour,
                  &Block::fiber_main);
  }
}

void Block::switch_to(int thread) {
  FiberState& self = fibers_[static_cast<size_t>(current_)];
  enter(thread);
  switch_fiber(self, fibers_[static_cast<size_t>(thread)]);
}

void Block::fiber_main() {
  Block& block = *current_block();
  for (;;) {
    const KernelCall& call = block.grid_->call;
    call.invoke(call.function, call.params);
    block.exit_thread();
    int next = block.next_thread();
    if (next < 0) {
      if (block.alive_ > 0) {
        block.report_deadlock();
      }
      if (!block.loads_.empty()) {
        block.failing().fault(block.loads_.front().thread,
                              "the block ended before a bulk load that the thread had started");
      }
      block.leave();
    }
    size_t self = static_cast<size_t>(block.current_);
    if (block.stack_of_[static_cast<size_t>(next)] < 0) {
      block.stack_of_[static_cast<size_t>(next)] = block.stack_of_[self];
      block.enter(next);
    } else {
      /* Nobody can take this stack before it has been left: only a later thread starts on it. */
      block.free_stacks_.push_back(block.stack_of_[self]);
      block.switch_to(next);
    }
  }
}

void Block::leave() {
  FiberState abandoned;
  switch_fiber(abandoned, host_);
  __builtin_unreachable();
}

void Block::make_ready(int warp, uint32_t lanes) {
  warp_state_[warp].ready |= lanes;
  if (warp_state_[warp].ready != 0) {
    ready_warps_ |= 1u << warp;
  }
}

int Block::pick_lane(uint32_t ready) {
  uint32_t turned = rotation_ == 0 ? ready : ready >> rotation_ | ready << (kWarp - rotation_);
  int lane = backwards_ ? kWarp - 1 - __builtin_clz(turned) : __builtin_ctz(turned);
  return (lane + rotation_) % kWarp;
}

/* The thread to run next, taken out of the ready ones; -1 when all have exited or wait. */
int Block::next_thread() {
  for (;;) {
    Warp& warp = warp_state_[warp_];
    if (warp.ready != 0) {
      int lane = pick_lane(warp.ready);
      warp.ready &= ~(1u << lane);
      return warp_ * kWarp + lane;
    }
    ready_warps_ &= ~(1u << warp_);
    if (ready_warps_ == 0) {
      bool polling = false;
      for (int w = 0; w < warps_; ++w) {
        polling |= warp_state_[w].polling != 0;
        make_ready(w, warp_state_[w].polling);
        warp_state_[w].polling = 0;
      }
      idle_rounds_ = progress_ == polled_progress_ ? idle_rounds_ + 1 : 0;
      polled_progress_ = progress_;
      if (!polling || idle_rounds_ > kIdleRounds) {
        return -1;
      }
    }
    uint32_t from_start = ready_warps_ >> first_warp_ << first_warp_;
    warp_ = __builtin_ctz(from_start != 0 ? from_start : ready_warps_);
  }
}

/* Seed 0 is the natural order. */
void Block::reorder() {
  if (grid_->seed == 0) {
    return;
  }
  random_ = random_ * 6364136223846793005ull + 1442695040888963407ull;
  uint32_t drawn = static_cast<uint32_t>(random_ >> 33);
  rotation_ = static_cast<int>(drawn % kWarp);
  backwards_ = (drawn & 0x100u) != 0;
  /* 15 bits are left: a scaled number, as a division would cost more than the rest. */
  first_warp_ = static_cast<int>((drawn >> 16) * static_cast<uint32_t>(warps_) >> 15);
}

void Block::suspend(const char* what, Location where) {
  waits_[static_cast<size_t>(current_)] = {what, where};
  int next = next_thread();
  if (next < 0) {
    report_deadlock();
  }
  if (next != current_) {
    switch_to(next);
  }
}

void Block::poll(const char* what, Location where) {
  warp_state_[current_ / kWarp].polling |= 1u << current_ % kWarp;
  suspend(what, where);
}

void Block::exit_thread() {
  if (copied_) {
    /* A kernel's end waits for its stores. */
    bulk_commit();
    finish_stores(0);
    if (!copies().products.empty()) {
      failing().fault(current_, "the thread exited without waiting for its wgmma");
    }
  }
  --alive_;
  last_exited_ = current_;
  int w = current_ / kWarp;
  Warp& warp = warp_state_[w];
  warp.exited |= 1u << current_ % kWarp;
  ++progress_;
  Barrier& barrier = barriers_[0];
  if (barrier.arrived > 0 && barrier.expected == threads_) {
    failing().fault(current_, "divergent barrier: the thread exited while thread " +
                        triple(thread_index_[static_cast<size_t>(barrier.first_thread)]) +
                        " waits for it in __syncthreads at " + at(barrier.where));
  }
  for (uint32_t left = warp.meetings; left != 0; left &= left - 1) {
    int m = __builtin_ctz(left);
    Rendezvous& meeting = warp.meeting[m];
    if (meeting.arrived == (meeting.lanes.mask & warp.present & ~warp.exited)) {
      complete(w, m);
    }
  }
}

void Block::release(Barrier& barrier) {
  for (int w = 0; w < warps_; ++w) {
    make_ready(w, barrier.waiting[w]);
    barrier.waiting[w] = 0;
  }
  barrier.arrived = 0;
  barrier.counted = 0;
  ++progress_;
  reorder();
}

int Block::barrier(Vote vote, int predicate, Location where) {
  Barrier& barrier = barriers_[0];
  if (last_exited_ >= 0) {
    failing().fault(current_, "divergent barrier: __syncthreads at " + at(where) + " but thread " +
                        triple(thread_index_[static_cast<size_t>(last_exited_)]) + " has exited");
  }
  if (barrier.arrived == 0) {
    barrier.where = where;
    barrier.first_thread = current_;
    barrier.expected = threads_;
  } else if (barrier.where.line != where.line || std::strcmp(barrier.where.file, where.file) != 0) {
    failing().fault(current_, "divergent barrier: __syncthreads at " + at(where) + " but thread " +
                        triple(thread_index_[static_cast<size_t>(barrier.first_thread)]) +
                        " waits at " + at(barrier.where));
  } else if (barrier.expected != threads_) {
    failing().fault(current_, "divergent barrier: __syncthreads at " + at(where) +
                        " meets named barrier 0 for " + std::to_string(barrier.expected) + " threads");
  }
  barrier.counted += predicate != 0;
  if (++barrier.arrived == threads_) {
    int counted = barrier.counted;
    vote_result_ = vote == Vote::kCount ? counted
                   : vote == Vote::kAnd ? counted == threads_
                                        : counted > 0;
    release(barrier);
    return vote_result_;
  }
  barrier.waiting[current_ / kWarp] |= 1u << current_ % kWarp;
  suspend("__syncthreads", where);
  return vote_result_;
}

void Block::named_barrier(int id, int threads, bool wait, Location where) {
  if (id < 0 || id >= kNamedBarriers || threads <= 0 || threads % kWarp != 0 ||
      threads > warps_ * kWarp) {
    failing().fault(current_, "named barrier " + std::to_string(id) + " for " + std::to_string(threads) +
                        " threads at " + at(where) +
                        ": ids are 0 to 15, counts multiples of 32 up to the block's threads");
  }
  Barrier& barrier = barriers_[id];
  if (barrier.arrived == 0) {
    barrier.where = where;
    barrier.first_thread = current_;
    barrier.expected = threads;
  } else if (barrier.expected != threads) {
    failing().fault(current_, "named barrier " + std::to_string(id) + " for " + std::to_string(threads) +
                        " threads at " + at(where) + " but for " + std::to_string(barrier.expected) +
                        " at " + at(barrier.where));
  }
  if (++barrier.arrived == threads) {
    release(barrier);
    return;
  }
  if (wait) {
    barrier.waiting[current_ / kWarp] |= 1u << current_ % kWarp;
    suspend("a named barrier", where);
  }
}

void Block::collective(const Collective& collective, uint32_t mask, void* arguments, Location where) {
  int w = current_ / kWarp;
  int lane = current_ % kWarp;
  Warp& warp = warp_state_[w];
  if ((mask >> lane & 1u) == 0) {
    char text[160];
    snprintf(text, sizeof text, "%s with mask %08x, which leaves out the calling lane %d, at ",
             collective.name, mask, lane);
    failing().fault(current_, text + at(where));
  }
  int m = -1;
  for (uint32_t left = warp.meetings; left != 0 && m < 0; left &= left - 1) {
    int candidate = __builtin_ctz(left);
    if (warp.meeting[candidate].lanes.mask == mask) {
      m = candidate;
    }
  }
  if (m < 0) {
    /* At most 32 lanes wait, so there is a free one. */
    m = __builtin_ctz(~warp.meetings);
    warp.meetings |= 1u << m;
    warp.meeting[m].collective = &collective;
    warp.meeting[m].arrived = 0;
    warp.meeting[m].lanes.mask = mask;
  } else if (warp.meeting[m].collective != &collective) {
    int other = w * kWarp + __builtin_ctz(warp.meeting[m].arrived);
    failing().fault(current_, std::string("divergent warp: ") + collective.name + " at " + at(where) +
                        " but thread " + triple(thread_index_[static_cast<size_t>(other)]) +
                        " waits in " + warp.meeting[m].collective->name + " at " +
                        at(waits_[static_cast<size_t>(other)].where));
  }
  Rendezvous& meeting = warp.meeting[m];
  meeting.arrived |= 1u << lane;
  meeting.lanes.arguments[lane] = arguments;
  if (meeting.arrived == (mask & warp.present & ~warp.exited)) {
    complete(w, m);
    warp.ready &= ~(1u << lane);
    return;
  }
  suspend(collective.name, where);
}

void Block::complete(int w, int m) {
  Warp& warp = warp_state_[w];
  Rendezvous& meeting = warp.meeting[m];
  Lanes lanes = meeting.lanes;
  lanes.mask = meeting.arrived;
  warp.meetings &= ~(1u << m);
  ++progress_;
  reorder();
  meeting.collective->perform(lanes);
  make_ready(w, lanes.mask);
}

uint32_t Block::active_lanes() const {
  const Warp& warp = warp_state_[current_ / kWarp];
  return 1u << current_ % kWarp & warp.present;
}

std::string Block::place(int thread) const {
  return " in kernel " + Symbols::own().function_at(grid_->call.function) + ", block " + triple(index_) +
         ", thread " + triple(thread_index_[static_cast<size_t>(thread)]);
}

Block& Block::failing() {
  regions.blocks[slot_] = nullptr;
  return *this;
}

void Block::fault(int thread, const std::string& text) {
  grid_->fail(text + place(thread));
  leave();
}

void Block::report_deadlock() {
  for (int thread = 0; thread < threads_; ++thread) {
    if ((warp_state_[thread / kWarp].exited >> thread % kWarp & 1u) == 0) {
      const Wait& wait = waits_[static_cast<size_t>(thread)];
      int exited = threads_ - alive_;
      failing().fault(thread, std::string("deadlock: waits for ever in ") + wait.what + " at " + at(wait.where) +
                        (exited == 0 ? std::string() : ", " + std::to_string(exited) + " threads exited"));
    }
  }
  failing().fault(current_, "deadlock");
}

}  // namespace levin::emulator
