// Named barriers, fences between proxies, and the election of a lane.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#parallel-synchronization-and-communication-instructions-bar
#pragma once

#include "ptx/ptx.h"

namespace levin {

// Waits until `threads` threads, a multiple of 32, have come to barrier id, 1 to 15; 0 is that of __syncthreads.
__device__ __forceinline__ void bar_sync(int id, int threads LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::named_barrier_sync(id, threads, LEVIN_PTX_WHERE);
#else
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
#endif
}

// Counts as having come and goes on.
__device__ __forceinline__ void bar_arrive(int id, int threads LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::named_barrier_arrive(id, threads, LEVIN_PTX_WHERE);
#else
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
#endif
}

// What the thread wrote to shared memory becomes visible to TMA and wgmma.
__device__ __forceinline__ void fence_proxy_async() {
#ifndef LEVIN_EMULATED
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  } else {
    __trap();
  }
#endif
}

// True in one lane of the converged warp.
__device__ __forceinline__ bool elect_sync(LEVIN_PTX_CALLER_ONLY) {
#ifdef LEVIN_EMULATED
  return emulator::elect(LEVIN_PTX_WHERE);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    uint32_t elected;
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "elect.sync _|p, 0xffffffff;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}\n"
        : "=r"(elected));
    return elected != 0;
  } else {
    __trap();
    return false;
  }
#endif
}

}  // namespace levin
