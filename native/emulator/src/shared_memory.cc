#include "shared_memory.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace levin::emulator {

namespace {

constexpr char kOutOfBounds[] = "out-of-bounds";
constexpr char kUninitialised[] = "uninitialised";

char* reserve(size_t bytes) {
  void* range = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) {
    throw std::bad_alloc();
  }
  return static_cast<char*>(range);
}

bool all_stamped(const uint16_t* stamps, size_t count, uint16_t block) {
  if (count == 4) {
    uint64_t four;
    std::memcpy(&four, stamps, sizeof four);
    return four == block * 0x0001000100010001ull;
  }
  uint16_t differing = 0;
  for (size_t i = 0; i < count; ++i) {
    differing |= stamps[i] ^ block;
  }
  return differing == 0;
}

void stamp(uint16_t* stamps, size_t count, uint16_t block) {
  if (count == 4) {
    uint64_t four = block * 0x0001000100010001ull;
    std::memcpy(stamps, &four, sizeof four);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    stamps[i] = block;
  }
}

}  // namespace

SharedMemory::SharedMemory() : symbols_(Symbols::own()), static_bytes_(symbols_.thread_local_bytes()) {
  window_start_ = reinterpret_cast<uintptr_t>(reserve(kWindow));
  dynamic_ = reinterpret_cast<char*>(window_start_ + kGuard);
  dynamic_stamps_ = reinterpret_cast<uint16_t*>(reserve(kMaxDynamicShared * sizeof(uint16_t)));
  static_stamps_ = reinterpret_cast<uint16_t*>(reserve(static_bytes_ * sizeof(uint16_t) + 1));
}

SharedMemory::~SharedMemory() {
  munmap(reinterpret_cast<void*>(window_start_), kWindow);
  munmap(dynamic_stamps_, kMaxDynamicShared * sizeof(uint16_t));
  munmap(static_stamps_, static_bytes_ * sizeof(uint16_t) + 1);
}

void SharedMemory::begin_block(size_t dynamic_bytes) {
  dynamic_bytes_ = dynamic_bytes;
  if (++block_ == 0) {
    std::memset(dynamic_stamps_, 0, kMaxDynamicShared * sizeof(uint16_t));
    std::memset(static_stamps_, 0, static_bytes_ * sizeof(uint16_t));
    block_ = 1;
  }
}

void SharedMemory::bind_thread() {
  static_start_ = reinterpret_cast<uintptr_t>(symbols_.thread_local_base());
}

bool SharedMemory::owned(size_t offset, size_t bytes) const {
  const std::vector<uint16_t>& owners = symbols_.owners();
  uint16_t owner = owners[offset / 4];
  return owner != 0 && owners[(offset + bytes - 1) / 4] == owner;
}

uint16_t* SharedMemory::stamps_of(uintptr_t at, size_t bytes) const {
  size_t offset = at - reinterpret_cast<uintptr_t>(dynamic_);
  if (offset < dynamic_bytes_) {
    return offset + bytes <= dynamic_bytes_ ? dynamic_stamps_ + offset : nullptr;
  }
  offset = at - static_start_;
  if (offset + bytes <= static_bytes_ && offset < static_bytes_ && owned(offset, bytes)) {
    return static_stamps_ + offset;
  }
  return nullptr;
}

const char* SharedMemory::read(const void* address, size_t bytes) const {
  const uint16_t* stamps = stamps_of(reinterpret_cast<uintptr_t>(address), bytes);
  if (stamps == nullptr) {
    return kOutOfBounds;
  }
  return all_stamped(stamps, bytes, block_) ? nullptr : kUninitialised;
}

const char* SharedMemory::write(const void* address, size_t bytes) {
  uint16_t* stamps = stamps_of(reinterpret_cast<uintptr_t>(address), bytes);
  if (stamps == nullptr) {
    return kOutOfBounds;
  }
  stamp(stamps, bytes, block_);
  return nullptr;
}

void SharedMemory::forget(const void* address, size_t bytes) {
  uint16_t* stamps = stamps_of(reinterpret_cast<uintptr_t>(address), bytes);
  if (stamps != nullptr) {
    stamp(stamps, bytes, 0);
  }
}

std::string SharedMemory::describe(const void* address) const {
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  if (at - window_start_ < kWindow) {
    return "byte " + std::to_string(static_cast<intptr_t>(at - reinterpret_cast<uintptr_t>(dynamic_))) +
           " of " + std::to_string(dynamic_bytes_) + " bytes of dynamic shared memory";
  }
  size_t offset = at - static_start_;
  uint16_t owner = symbols_.owners()[offset / 4];
  if (owner == 0) {
    return "outside every shared variable";
  }
  const Symbol& variable = symbols_.shared_variable(owner);
  return "byte " + std::to_string(offset - variable.start) + " of " + std::to_string(variable.bytes) +
         " bytes of " + demangled(variable.name);
}

uint32_t SharedMemory::shared_address(const void* address) const {
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  size_t offset = at - reinterpret_cast<uintptr_t>(dynamic_);
  if (offset < kMaxDynamicShared) {
    return kDynamicSharedAddress + static_cast<uint32_t>(offset);
  }
  offset = at - static_start_;
  return offset < static_bytes_ ? kStaticSharedAddress + static_cast<uint32_t>(offset) : 0;
}

char* SharedMemory::at_shared_address(uint32_t address) const {
  if (address - kDynamicSharedAddress < kMaxDynamicShared) {
    return dynamic_ + (address - kDynamicSharedAddress);
  }
  return address >= kStaticSharedAddress && address - kStaticSharedAddress < static_bytes_
             ? reinterpret_cast<char*>(static_start_) + (address - kStaticSharedAddress)
             : nullptr;
}

}  // namespace levin::emulator
