// mbarrier: a 64-bit barrier in shared memory that counts arrivals of threads and bytes of bulk copies. sm_90.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#parallel-synchronization-and-communication-instructions-mbarrier
//
// A phase ends when `count` arrivals have come and all expected bytes have been copied; then the next begins.
// Waiting for parity p returns once the latest phase of that parity has ended: for a fresh barrier 0 waits for the
// first phase, 1 returns at once. A barrier is 8 bytes, aligned to 8.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/mbarrier.h"
#endif

namespace levin {

// By one thread; others may use the barrier after fence_mbarrier_init and __syncthreads.
__device__ __forceinline__ void mbarrier_init(uint64_t* barrier, uint32_t count) {
#ifdef LEVIN_EMULATED
  emulator::mbarrier_init(barrier, count);
#else
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(count) : "memory");
#endif
}

// Makes initialised barriers visible to bulk copies.
__device__ __forceinline__ void fence_mbarrier_init() {
#ifndef LEVIN_EMULATED
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  } else {
    __trap();
  }
#endif
}

__device__ __forceinline__ void mbarrier_arrive(uint64_t* barrier) {
#ifdef LEVIN_EMULATED
  emulator::mbarrier_arrive(barrier, 0);
#else
  asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.shared.b64 state, [%0];\n}\n" ::"r"(shared_address(barrier))
               : "memory");
#endif
}

// Arrives and lets the phase wait for so many bytes more.
__device__ __forceinline__ void mbarrier_arrive_expect_tx(uint64_t* barrier, uint32_t bytes) {
#ifdef LEVIN_EMULATED
  emulator::mbarrier_arrive(barrier, bytes);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.expect_tx.shared.b64 state, [%0], %1;\n}\n" ::"r"(
                     shared_address(barrier)),
                 "r"(bytes)
                 : "memory");
  } else {
    __trap();
  }
#endif
}

// Whether the phase has ended; may first wait for a time that the hardware limits.
__device__ __forceinline__ bool mbarrier_try_wait(uint64_t* barrier, uint32_t parity LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  return emulator::mbarrier_try_wait(barrier, parity, LEVIN_PTX_WHERE);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    uint32_t done;
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "mbarrier.try_wait.parity.shared.b64 p, [%1], %2;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}\n"
        : "=r"(done)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
    return done != 0;
  } else {
    __trap();
    return false;
  }
#endif
}

__device__ __forceinline__ void mbarrier_wait(uint64_t* barrier, uint32_t parity LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  while (!mbarrier_try_wait(barrier, parity, levin_file, levin_line)) {
  }
#else
  while (!mbarrier_try_wait(barrier, parity)) {
  }
#endif
}

}  // namespace levin
