#include "emulator/copies.h"

#include <cstring>

#include "block.h"

namespace levin::emulator {

namespace {

void check_multiple(const void* address, size_t bytes, const char* what) {
  if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
    fault("misaligned %s: %p is no multiple of %zu", what, address, bytes);
  }
}

void check_global(const void* address, const char* what) {
  if (is_shared(address)) {
    fault("%s with the shared address %p where a global one belongs", what, address);
  }
}

}  // namespace

uint4 load_global_16(const void* address) {
  check_multiple(address, 16, "ld.global.nc");
  check_global(address, "ld.global.nc");
  check_read(address, 16);
  uint4 value;
  std::memcpy(&value, address, 16);
  return value;
}

void store_global_16(void* address, uint4 value) {
  check_multiple(address, 16, "st.global.cs");
  check_global(address, "st.global.cs");
  check_write(address, 16);
  std::memcpy(address, &value, 16);
}

void start_copy(void* shared, const void* global, uint32_t bytes, uint32_t source_bytes) {
  check_multiple(shared, bytes, "cp.async destination");
  if (!is_shared(shared)) {
    fault("cp.async to %p, which is no shared memory", shared);
  }
  if (source_bytes > bytes) {
    fault("cp.async reads %u bytes to write %u", source_bytes, bytes);
  }
  if (source_bytes > 0) {
    check_multiple(global, bytes, "cp.async source");
    check_global(global, "cp.async");
    check_read(global, source_bytes);
  }
  check_write(shared, bytes);
  mark_in_flight(shared, bytes);
  current_block()->copies().pending.push_back(
      {shared, global, bytes, source_bytes, current_block()->copies().open_group});
}

void commit_copies() {
  ++current_block()->copies().open_group;
}

void wait_for_copies(int pending_groups) {
  ThreadCopies& copies = current_block()->copies();
  size_t done = 0;
  for (; done < copies.pending.size(); ++done) {
    const AsyncCopy& copy = copies.pending[done];
    if (copy.group + static_cast<uint32_t>(pending_groups) >= copies.open_group) {
      break;
    }
    check_write(copy.to, copy.bytes);
    std::memcpy(copy.to, copy.from, copy.source_bytes);
    std::memset(static_cast<char*>(copy.to) + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
  }
  copies.pending.erase(copies.pending.begin(), copies.pending.begin() + static_cast<ptrdiff_t>(done));
}

}  // namespace levin::emulator
