// cp.async.bulk: copies that the tensor memory accelerator makes, started by one thread. sm_90.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#data-movement-and-conversion-instructions-cp-async-bulk-tensor
//
// Loads report their bytes to an mbarrier; a box reports all its bytes, also those outside the tensor, which are
// filled with zero. Stores belong to groups of the thread. Coordinates are elements, innermost dimension first.
// Shared addresses are multiples of 128, with a swizzle of 8 times its width; the map lies in the kernel's
// parameters, as __grid_constant__. A swizzle permutes 16-byte pieces: of the shared address, bits 4 up are
// exclusive-ored with bits 7 up, 1, 2 or 3 bits for widths of 32, 64 or 128 bytes.
#pragma once

#include <cuda.h>

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/tma.h"
#endif

namespace levin {

__device__ __forceinline__ void prefetch_tensormap(const CUtensorMap* map) {
#ifdef LEVIN_EMULATED
  emulator::check_tensor_map(map);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
  } else {
    __trap();
  }
#endif
}

// Contiguous bytes, a multiple of 16; both addresses are multiples of 16.
__device__ __forceinline__ void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
#ifdef LEVIN_EMULATED
  emulator::bulk_load(shared, global, bytes, barrier);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     shared_address(shared)),
                 "l"(global), "r"(bytes), "r"(shared_address(barrier))
                 : "memory");
  } else {
    __trap();
  }
#endif
}

__device__ __forceinline__ void bulk_store(void* global, const void* shared, uint32_t bytes) {
#ifdef LEVIN_EMULATED
  emulator::bulk_store(global, shared, bytes);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(global),
                 "r"(shared_address(shared)), "r"(bytes)
                 : "memory");
  } else {
    __trap();
  }
#endif
}

#ifdef LEVIN_EMULATED

#define LEVIN_TMA(rank, declared, given, list, load_list, ...)                                                      \
  inline void tma_load_##rank##d(void* shared, const CUtensorMap* map, uint64_t* barrier, LEVIN_SPREAD declared) {  \
    const int32_t coordinates[] = {LEVIN_SPREAD given};                                                             \
    emulator::tma_load(rank, shared, map, barrier, coordinates);                                                    \
  }                                                                                                                 \
  inline void tma_store_##rank##d(const CUtensorMap* map, const void* shared, LEVIN_SPREAD declared) {              \
    const int32_t coordinates[] = {LEVIN_SPREAD given};                                                             \
    emulator::tma_store(rank, map, shared, coordinates);                                                            \
  }

#else

#define LEVIN_TMA(rank, declared, given, list, load_list, ...)                                                      \
  __device__ __forceinline__ void tma_load_##rank##d(void* shared, const CUtensorMap* map, uint64_t* barrier,       \
                                                     LEVIN_SPREAD declared) {                                       \
    if constexpr (LEVIN_PTX_ARCH >= 900) {                                                                          \
      asm volatile("cp.async.bulk.tensor." #rank                                                                    \
                   "d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, " load_list "], [%2];" ::"r"(  \
                       shared_address(shared)),                                                                     \
                   "l"(map), "r"(shared_address(barrier)), __VA_ARGS__                                              \
                   : "memory");                                                                                     \
    } else {                                                                                                        \
      __trap();                                                                                                     \
    }                                                                                                               \
  }                                                                                                                 \
  __device__ __forceinline__ void tma_store_##rank##d(const CUtensorMap* map, const void* shared,                   \
                                                      LEVIN_SPREAD declared) {                                      \
    if constexpr (LEVIN_PTX_ARCH >= 900) {                                                                          \
      asm volatile("cp.async.bulk.tensor." #rank "d.global.shared::cta.bulk_group [%0, " list "], [%1];" ::"l"(map), \
                   "r"(shared_address(shared)), __VA_ARGS__                                                         \
                   : "memory");                                                                                     \
    } else {                                                                                                        \
      __trap();                                                                                                     \
    }                                                                                                               \
  }

#endif

#define LEVIN_SPREAD(...) __VA_ARGS__
LEVIN_TMA(1, (int32_t c0), (c0), "{%2}", "{%3}", "r"(c0))
LEVIN_TMA(2, (int32_t c0, int32_t c1), (c0, c1), "{%2, %3}", "{%3, %4}", "r"(c0), "r"(c1))
LEVIN_TMA(3, (int32_t c0, int32_t c1, int32_t c2), (c0, c1, c2), "{%2, %3, %4}", "{%3, %4, %5}", "r"(c0), "r"(c1),
          "r"(c2))
LEVIN_TMA(4, (int32_t c0, int32_t c1, int32_t c2, int32_t c3), (c0, c1, c2, c3), "{%2, %3, %4, %5}",
          "{%3, %4, %5, %6}", "r"(c0), "r"(c1), "r"(c2), "r"(c3))
LEVIN_TMA(5, (int32_t c0, int32_t c1, int32_t c2, int32_t c3, int32_t c4), (c0, c1, c2, c3, c4),
          "{%2, %3, %4, %5, %6}", "{%3, %4, %5, %6, %7}", "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4))
#undef LEVIN_SPREAD
#undef LEVIN_TMA

// Stores that the thread has started since its last commit are a group.
__device__ __forceinline__ void bulk_commit_group() {
#ifdef LEVIN_EMULATED
  emulator::bulk_commit();
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
  } else {
    __trap();
  }
#endif
}

// Waits until at most kPending groups may still read shared memory.
template <int kPending>
__device__ __forceinline__ void bulk_wait_group_read() {
#ifdef LEVIN_EMULATED
  emulator::bulk_wait(kPending);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
  } else {
    __trap();
  }
#endif
}

// Waits until at most kPending groups have yet to write global memory.
template <int kPending>
__device__ __forceinline__ void bulk_wait_group() {
#ifdef LEVIN_EMULATED
  emulator::bulk_wait(kPending);
#else
  if constexpr (LEVIN_PTX_ARCH >= 900) {
    asm volatile("cp.async.bulk.wait_group %0;" ::"n"(kPending) : "memory");
  } else {
    __trap();
  }
#endif
}

}  // namespace levin
