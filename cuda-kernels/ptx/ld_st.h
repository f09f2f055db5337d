// ld.global and st.global with cache hints, 16 bytes a thread. Addresses are multiples of 16.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#data-movement-and-conversion-instructions-ld-global-nc
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/copies.h"
#endif

namespace levin {

// Read once and by nobody else: weights, which must not push activations out of L1. The kernel must not write them.
__device__ __forceinline__ uint4 ld_global_nc(const void* address) {
#ifdef LEVIN_EMULATED
  return emulator::load_global_16(address);
#else
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(address));
  return value;
#endif
}

// Written once and not read again by this kernel.
__device__ __forceinline__ void st_global_cs(void* address, uint4 value) {
#ifdef LEVIN_EMULATED
  emulator::store_global_16(address, value);
#else
  asm volatile("st.global.cs.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(value.x), "r"(value.y), "r"(value.z),
               "r"(value.w)
               : "memory");
#endif
}

}  // namespace levin
