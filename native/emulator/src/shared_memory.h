/*
 * A block's shared memory and which of its bytes have been written. Every byte has a stamp: the number of
 * the block that wrote it last, so that a new block starts with nothing written at no cost.
 */
#ifndef LEVIN_EMULATOR_SHARED_MEMORY_H
#define LEVIN_EMULATOR_SHARED_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "symbols.h"

namespace levin::emulator {

/* What a block may opt in to on sm_90 and sm_100. */
constexpr size_t kMaxDynamicShared = 232448;
/* Shared-space addresses: dynamic memory comes first, as swizzled tiles need aligned addresses. */
constexpr uint32_t kDynamicSharedAddress = 1024;
constexpr uint32_t kStaticSharedAddress = 1u << 20;

class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /* The blocks that follow run on the calling thread, whose thread-local storage is their memory. */
  void bind_thread();
  void begin_block(size_t dynamic_bytes);

  char* dynamic() const { return dynamic_; }
  size_t dynamic_bytes() const { return dynamic_bytes_; }

  /* Around the variables too: an address just outside one is still meant for it. */
  bool contains(const void* address) const {
    uintptr_t at = reinterpret_cast<uintptr_t>(address);
    return at - window_start_ < kWindow || at - static_start_ < static_bytes_;
  }

  /* Null, or what is wrong with the access. Only for addresses that contains() says yes to. */
  const char* read(const void* address, size_t bytes) const;
  const char* write(const void* address, size_t bytes);
  void forget(const void* address, size_t bytes);

  /* "byte 132 of shared variable tile of 128 bytes" */
  std::string describe(const void* address) const;
  /* 0 outside shared memory. Variables lie above what an 18-bit descriptor can name. */
  uint32_t shared_address(const void* address) const;
  /* The way back, null outside shared memory. */
  char* at_shared_address(uint32_t address) const;

 private:
  static constexpr size_t kGuard = size_t{64} << 10;
  static constexpr size_t kWindow = kGuard + kMaxDynamicShared + kGuard;

  bool owned(size_t offset, size_t bytes) const;
  uint16_t* stamps_of(uintptr_t at, size_t bytes) const;

  const Symbols& symbols_;
  uintptr_t window_start_ = 0;
  char* dynamic_ = nullptr;
  size_t dynamic_bytes_ = 0;
  uintptr_t static_start_ = 0;
  size_t static_bytes_ = 0;
  uint16_t* dynamic_stamps_ = nullptr;
  uint16_t* static_stamps_ = nullptr;
  uint16_t block_ = 0;
};

}  // namespace levin::emulator

#endif
