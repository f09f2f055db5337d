/*
 * Device and pinned memory: one reserved range of addresses, in which allocations keep a gap to each other,
 * and a shadow that says how many bytes of each 16 belong to a live allocation. Thread-safe.
 */
#ifndef LEVIN_EMULATOR_HEAP_H
#define LEVIN_EMULATOR_HEAP_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "regions.h"

namespace levin::emulator {

class Heap {
 public:
  static Heap& instance();

  /* Null when the device's memory is used up. */
  void* allocate(size_t bytes, bool host);
  /* False when nothing was allocated at pointer. */
  bool release(void* pointer);
  void release_all();

  size_t total_bytes() const { return total_bytes_; }
  size_t free_bytes();

  bool contains(const void* pointer) const {
    return reinterpret_cast<uintptr_t>(pointer) - regions.heap < regions.heap_bytes;
  }
  /* All of these bytes belong to one live allocation. */
  bool accessible(const void* pointer, size_t bytes) const;
  /* The live allocation that pointer lies in or, failing that, ends before it; bytes 0 if there is none. */
  struct Extent {
    uintptr_t start;
    size_t bytes;
    bool host;
  };
  Extent extent_near(const void* pointer);

 private:
  Heap();

  size_t total_bytes_ = 0;
  size_t used_bytes_ = 0;
  std::mutex mutex_;
  std::map<uintptr_t, Extent> live_;
  std::map<uintptr_t, size_t> holes_;
};

}  // namespace levin::emulator

#endif
