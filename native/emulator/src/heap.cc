#include "heap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace levin::emulator {

namespace {

constexpr size_t kAlignment = 256;
/* Reading a little past an allocation must not land in the next one. */
constexpr size_t kGap = 4096;
constexpr size_t kPoisonedBytes = size_t{64} << 20;
constexpr size_t kReturnedBytes = size_t{1} << 20;

void* reserve(size_t bytes) {
  void* range = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return range == MAP_FAILED ? nullptr : range;
}

size_t device_memory_bytes() {
  const char* text = std::getenv("LEVIN_EMULATOR_MEMORY");
  if (text != nullptr && std::strtoull(text, nullptr, 10) > 0) {
    return std::strtoull(text, nullptr, 10);
  }
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) / 2 * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t occupied(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment + kGap;
}

}  // namespace

Heap& Heap::instance() {
  /* Never destroyed: threads may still free memory while the process ends. */
  static Heap* heap = new Heap;
  return *heap;
}

Heap::Heap() : total_bytes_(device_memory_bytes()) {
  for (size_t bytes = size_t{1} << 38; bytes >= size_t{1} << 30; bytes /= 2) {
    void* range = reserve(bytes);
    void* shadow = range == nullptr ? nullptr : reserve(bytes / Regions::kGranule);
    if (shadow != nullptr) {
      regions.heap = reinterpret_cast<uintptr_t>(range);
      regions.heap_bytes = bytes;
      regions.heap_shadow = static_cast<uint8_t*>(shadow);
      holes_[regions.heap + kGap] = bytes - kGap;
      break;
    }
    if (range != nullptr) {
      munmap(range, bytes);
    }
  }
  total_bytes_ = std::min(total_bytes_, regions.heap_bytes / 2);
}

void* Heap::allocate(size_t bytes, bool host) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (bytes > total_bytes_ || (!host && used_bytes_ + bytes > total_bytes_)) {
    return nullptr;
  }
  size_t needed = occupied(bytes);
  auto hole = std::find_if(holes_.begin(), holes_.end(),
                           [=](const auto& candidate) { return candidate.second >= needed; });
  if (hole == holes_.end()) {
    return nullptr;
  }
  uintptr_t start = hole->first;
  size_t rest = hole->second - needed;
  holes_.erase(hole);
  if (rest > 0) {
    holes_[start + needed] = rest;
  }
  live_[start] = {start, bytes, host};
  used_bytes_ += host ? 0 : bytes;
  size_t granule = (start - regions.heap) / Regions::kGranule;
  std::memset(regions.heap_shadow + granule, Regions::kGranule, bytes / Regions::kGranule);
  if (bytes % Regions::kGranule != 0) {
    regions.heap_shadow[granule + bytes / Regions::kGranule] = static_cast<uint8_t>(bytes % Regions::kGranule);
  }
  /* Fresh memory reads as NaN in every float type, so that what was never written shows. */
  std::memset(reinterpret_cast<void*>(start), 0xff, std::min(bytes, kPoisonedBytes));
  return reinterpret_cast<void*>(start);
}

bool Heap::release(void* pointer) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = live_.find(reinterpret_cast<uintptr_t>(pointer));
  if (found == live_.end()) {
    return false;
  }
  Extent extent = found->second;
  live_.erase(found);
  used_bytes_ -= extent.host ? 0 : extent.bytes;
  std::memset(regions.heap_shadow + (extent.start - regions.heap) / Regions::kGranule, 0, (extent.bytes + Regions::kGranule - 1) / Regions::kGranule);
  size_t bytes = occupied(extent.bytes);
  if (bytes >= kReturnedBytes) {
    uintptr_t page = (extent.start + 4095) & ~uintptr_t{4095};
    uintptr_t end = (extent.start + extent.bytes) & ~uintptr_t{4095};
    if (end > page) {
      madvise(reinterpret_cast<void*>(page), end - page, MADV_DONTNEED);
    }
  }
  auto hole = holes_.emplace(extent.start, bytes).first;
  auto next = std::next(hole);
  if (next != holes_.end() && hole->first + hole->second == next->first) {
    hole->second += next->second;
    holes_.erase(next);
  }
  if (hole != holes_.begin()) {
    auto previous = std::prev(hole);
    if (previous->first + previous->second == hole->first) {
      previous->second += hole->second;
      holes_.erase(hole);
    }
  }
  return true;
}

void Heap::release_all() {
  for (;;) {
    void* pointer = nullptr;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (live_.empty()) {
        return;
      }
      pointer = reinterpret_cast<void*>(live_.begin()->first);
    }
    release(pointer);
  }
}

size_t Heap::free_bytes() {
  std::lock_guard<std::mutex> lock(mutex_);
  return total_bytes_ - used_bytes_;
}

bool Heap::accessible(const void* pointer, size_t bytes) const {
  size_t offset = reinterpret_cast<uintptr_t>(pointer) - regions.heap;
  size_t end = offset + bytes;
  if (end > regions.heap_bytes || end < offset) {
    return false;
  }
  size_t last = (end - 1) / Regions::kGranule;
  for (size_t granule = offset / Regions::kGranule; granule < last; ++granule) {
    if (regions.heap_shadow[granule] != Regions::kGranule) {
      return false;
    }
  }
  return regions.heap_shadow[last] >= end - last * Regions::kGranule;
}

Heap::Extent Heap::extent_near(const void* pointer) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto after = live_.upper_bound(reinterpret_cast<uintptr_t>(pointer));
  if (after == live_.begin()) {
    return {0, 0, false};
  }
  return std::prev(after)->second;
}

}  // namespace levin::emulator
