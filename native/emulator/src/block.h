/*
 * Runs blocks, one at a time, on the OS thread that calls run(). CUDA threads are fibers; one that never
 * waits runs to its end without a switch, and the next takes over its stack. Which thread goes next is
 * drawn from the seed, within a warp and among warps.
 */
#ifndef LEVIN_EMULATOR_BLOCK_H
#define LEVIN_EMULATOR_BLOCK_H

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "bulk.h"
#include "cuda_runtime_api.h"
#include "emulator/execution.h"
#include "fiber.h"
#include "regions.h"
#include "shared_memory.h"

namespace levin::emulator {

constexpr int kNamedBarriers = 16;

/* A launch while it runs, shared by the threads that run its blocks. */
struct Grid {
  const KernelCall& call;
  uint64_t seed;
  std::atomic<uint64_t> next_block{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::string report;

  Grid(const KernelCall& call, uint64_t seed) : call(call), seed(seed) {}
  void fail(const std::string& text);
};

/* A copy that a thread has started with cp.async. */
struct AsyncCopy {
  void* to;
  const void* from;
  uint32_t bytes;
  uint32_t source_bytes;
  uint32_t group;
};

/* The result of wgmma that its thread has not waited for. */
struct PendingProduct {
  static constexpr int kMaxRegisters = 128;
  float* d;
  int registers;
  uint32_t group;
  float values[kMaxRegisters];
};

/* What a thread has started and not waited for, and the numbers of its open groups. */
struct ThreadCopies {
  std::vector<AsyncCopy> pending;
  uint32_t open_group = 0;
  std::vector<BulkCopy> stores;
  uint32_t open_store_group = 0;
  std::vector<PendingProduct> products;
  uint32_t open_product_group = 0;
};

class Block {
 public:
  Block();
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  /* Must come before run(), on the same thread. */
  void bind_thread();
  void run(Grid& grid, uint64_t block);

  /* For the running thread: */
  int barrier(Vote vote, int predicate, Location where);
  void named_barrier(int id, int threads, bool wait, Location where);
  void collective(const Collective& collective, uint32_t mask, void* arguments, Location where);
  void poll(const char* what, Location where);
  void made_progress() { ++progress_; }
  /* To be written failing().fault(...): templates that the report is made with may be instrumented. */
  Block& failing();
  [[noreturn]] void fault(int thread, const std::string& text);
  void check_read(int thread, const void* address, size_t bytes) {
    if (!regions.plainly_good(address, bytes)) {
      check_access(thread, address, bytes, false);
    }
  }
  void check_write(int thread, const void* address, size_t bytes) {
    if (!regions.plainly_good(address, bytes)) {
      check_access(thread, address, bytes, true);
    }
  }
  uint32_t active_lanes() const;

  int current() const { return current_; }
  SharedMemory& shared() { return shared_; }
  ThreadCopies& copies() {
    copied_ = true;
    return copies_[static_cast<size_t>(current_)];
  }
  ThreadCopies& copies_of_lane(int lane) {
    copied_ = true;
    return copies_[static_cast<size_t>(current_ / kWarp * kWarp + lane)];
  }
  int threads() const { return threads_; }
  std::vector<BulkCopy>& loads() { return loads_; }

 private:
  struct Rendezvous {
    const Collective* collective;
    uint32_t arrived;
    Lanes lanes;
  };

  struct Warp {
    uint32_t present = 0;
    uint32_t ready = 0;
    uint32_t polling = 0;
    uint32_t exited = 0;
    uint32_t meetings = 0;
    Rendezvous meeting[kWarp];
  };

  struct Barrier {
    int arrived = 0;
    int expected = 0;
    int first_thread = 0;
    Location where{nullptr, 0};
    int counted = 0;
    uint32_t waiting[kMaxWarps] = {};
  };

  struct Wait {
    const char* what;
    Location where;
  };

  static void fiber_main();
  void exit_thread();
  void suspend(const char* what, Location where);
  int next_thread();
  int pick_lane(uint32_t ready);
  void enter(int thread);
  void switch_to(int thread);
  void make_ready(int warp, uint32_t lanes);
  void release(Barrier& barrier);
  void complete(int warp, int meeting);
  void check_access(int thread, const void* address, size_t bytes, bool write);
  [[noreturn]] void leave();
  [[noreturn]] void report_deadlock();
  std::string place(int thread) const;
  void reorder();

  Grid* grid_ = nullptr;
  uint3 index_{};
  int threads_ = 0;
  int warps_ = 0;
  int alive_ = 0;
  int current_ = 0;
  int last_exited_ = -1;
  uint32_t ready_warps_ = 0;
  int warp_ = 0;
  int first_warp_ = 0;
  int rotation_ = 0;
  bool backwards_ = false;
  uint64_t random_ = 0;
  uint64_t progress_ = 0;
  uint64_t polled_progress_ = 0;
  int idle_rounds_ = 0;
  int vote_result_ = 0;
  uint3 thread_shape_{0, 0, 0};

  SharedMemory shared_;
  FiberState host_;
  int slot_ = -1;
  char* stacks_ = nullptr;
  uint3* index_of_thread_ = nullptr;
  std::vector<int> free_stacks_;
  std::vector<int> stack_of_;
  std::vector<uint3> thread_index_;
  std::vector<FiberState> fibers_;
  std::vector<Wait> waits_;
  std::vector<ThreadCopies> copies_;
  bool copied_ = false;
  std::vector<BulkCopy> loads_;
  Warp warp_state_[kMaxWarps];
  Barrier barriers_[kNamedBarriers];
};

}  // namespace levin::emulator

#endif
