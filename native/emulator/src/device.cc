#include "device.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <system_error>
#include <thread>

namespace levin::emulator {

namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

uint64_t blocks_of(const KernelCall& call) {
  return uint64_t{call.grid.x} * call.grid.y * call.grid.z;
}

}  // namespace

Device& Device::instance() {
  /* Never destroyed: its threads may outlive main. */
  static Device* device = new Device;
  return *device;
}

Device::Device()
    : seed(number_from("LEVIN_EMULATOR_SEED", 1)),
      threads_(static_cast<int>(std::clamp<uint64_t>(
          number_from("LEVIN_EMULATOR_THREADS", std::thread::hardware_concurrency()), 1, kMaxBlocks))) {}

void Device::work(Block& block, Grid& grid) {
  uint64_t blocks = blocks_of(grid.call);
  uint64_t stride = 1;
  if (grid.seed != 0) {
    stride = grid.seed % 61 + 1;
    while (std::gcd(stride, blocks) != 1) {
      ++stride;
    }
  }
  while (!grid.failed.load(std::memory_order_acquire)) {
    uint64_t next = grid.next_block.fetch_add(1, std::memory_order_relaxed);
    if (next >= blocks) {
      return;
    }
    block.run(grid, (grid.seed + next * stride) % blocks);
  }
}

void Device::help(Block& block) {
  block.bind_thread();
  std::unique_lock<std::mutex> lock(mutex_);
  for (uint64_t seen = 0;;) {
    wake_.wait(lock, [&] { return grid_ != nullptr && generation_ != seen; });
    seen = generation_;
    Grid& grid = *grid_;
    ++helping_;
    lock.unlock();
    work(block, grid);
    lock.lock();
    if (--helping_ == 0) {
      idle_.notify_one();
    }
  }
}

void Device::start_helpers() {
  started_ = true;
  for (int helper = 1; helper < threads_; ++helper) {
    blocks_.push_back(std::make_unique<Block>());
    Block* block = blocks_.back().get();
    try {
      std::thread([this, block] { help(*block); }).detach();
    } catch (const std::system_error&) {
      /* Fewer threads do the same work. */
      return;
    }
  }
}

std::string Device::run(const KernelCall& call) {
  Grid grid(call, seed);
  if (blocks_.empty()) {
    blocks_.reserve(kMaxBlocks);
    blocks_.push_back(std::make_unique<Block>());
  }
  blocks_[0]->bind_thread();
  bool several = blocks_of(call) > 1 && threads_ > 1;
  if (several && !started_) {
    start_helpers();
  }
  if (several) {
    std::lock_guard<std::mutex> lock(mutex_);
    grid_ = &grid;
    ++generation_;
    wake_.notify_all();
  }
  work(*blocks_[0], grid);
  if (several) {
    std::unique_lock<std::mutex> lock(mutex_);
    grid_ = nullptr;
    idle_.wait(lock, [&] { return helping_ == 0; });
  }
  return grid.report;
}

}  // namespace levin::emulator
