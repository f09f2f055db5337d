/* Runs grids: blocks over all cores, the caller's included. One grid at a time. */
#ifndef LEVIN_EMULATOR_DEVICE_H
#define LEVIN_EMULATOR_DEVICE_H

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "block.h"

namespace levin::emulator {

class Device {
 public:
  static Device& instance();

  /* Empty, or the report of the first fault. Callers take turns. */
  std::string run(const KernelCall& call);

  int threads() const { return threads_; }
  /* 0 is the natural order of threads and blocks. */
  uint64_t seed = 1;

 private:
  Device();
  void help(Block& block);
  void start_helpers();
  static void work(Block& block, Grid& grid);

  int threads_;
  bool started_ = false;
  /* The caller's first; created by callers, who can report that memory is short. */
  std::vector<std::unique_ptr<Block>> blocks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  Grid* grid_ = nullptr;
  uint64_t generation_ = 0;
  int helping_ = 0;
};

}  // namespace levin::emulator

#endif
