/*
 * Where fibers' stacks and device memory lie. Every access of a kernel asks, so these are plain numbers in
 * one place: the block that runs is known by the stack that the code runs on, at less cost than asking a
 * thread-local variable of a library that was loaded late.
 */
#ifndef LEVIN_EMULATOR_REGIONS_H
#define LEVIN_EMULATOR_REGIONS_H

#include <cstddef>
#include <cstdint>

namespace levin::emulator {

class Block;

constexpr int kWarp = 32;
constexpr int kMaxWarps = 32;
constexpr int kMaxThreads = kWarp * kMaxWarps;
/* Blocks that run at once. */
constexpr int kMaxBlocks = 64;
/* Address space only: a thread uses a page or two of it. */
constexpr size_t kStackBytes = size_t{128} << 10;
constexpr size_t kStacksBytes = kStackBytes * kMaxThreads;

struct Regions {
  static constexpr size_t kGranule = 16;

  uintptr_t stacks = 0;
  size_t stacks_bytes = 0;
  uintptr_t heap = 0;
  size_t heap_bytes = 0;
  /* Of every 16 bytes of the heap, how many belong to a live allocation. */
  uint8_t* heap_shadow = nullptr;
  Block* blocks[kMaxBlocks] = {};

  bool on_stack(uintptr_t at) const { return at - stacks < stacks_bytes; }
  /* True for most good accesses; false says nothing. */
  bool plainly_good(const void* address, size_t bytes) const {
    uintptr_t at = reinterpret_cast<uintptr_t>(address);
    if (on_stack(at)) {
      return true;
    }
    uintptr_t offset = at - heap;
    size_t inside = offset % kGranule;
    return offset < heap_bytes && inside + bytes <= kGranule && heap_shadow[offset / kGranule] >= inside + bytes;
  }
};

extern Regions regions;

/* The block whose fiber the caller runs on, or null on a host thread. */
inline Block* current_block() {
  uintptr_t offset = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) - regions.stacks;
  return offset < regions.stacks_bytes ? regions.blocks[offset / kStacksBytes] : nullptr;
}

}  // namespace levin::emulator

#endif
