// cp.async: copies from global to shared memory that a thread starts, and later waits for.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#data-movement-and-conversion-instructions-cp-async
//
// What a thread has started since its last commit is a group. Only the thread itself can wait for its groups: others
// may read the bytes after a barrier that follows the wait.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/copies.h"
#endif

namespace levin {

// 16 bytes past L1; both addresses are multiples of 16. Of the source only source_bytes are read, the rest is zero:
// with 0 the source may be any address.
__device__ __forceinline__ void cp_async_16(void* shared, const void* global, uint32_t source_bytes = 16) {
#ifdef LEVIN_EMULATED
  emulator::start_copy(shared, global, 16, source_bytes);
#else
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global),
               "r"(source_bytes)
               : "memory");
#endif
}

// 4 or 8 bytes through L1, aligned to their size.
template <int kBytes>
__device__ __forceinline__ void cp_async_ca(void* shared, const void* global, uint32_t source_bytes = kBytes) {
  static_assert(kBytes == 4 || kBytes == 8, "16 bytes go past L1: cp_async_16");
#ifdef LEVIN_EMULATED
  emulator::start_copy(shared, global, kBytes, source_bytes);
#else
  asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(shared)), "l"(global), "n"(kBytes),
               "r"(source_bytes)
               : "memory");
#endif
}

__device__ __forceinline__ void cp_async_commit_group() {
#ifdef LEVIN_EMULATED
  emulator::commit_copies();
#else
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most kPending of the latest groups are under way.
template <int kPending>
__device__ __forceinline__ void cp_async_wait_group() {
#ifdef LEVIN_EMULATED
  emulator::wait_for_copies(kPending);
#else
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

// Waits for everything, committed or not.
__device__ __forceinline__ void cp_async_wait_all() {
#ifdef LEVIN_EMULATED
  emulator::commit_copies();
  emulator::wait_for_copies(0);
#else
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

}  // namespace levin
