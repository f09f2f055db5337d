// tcgen05: products whose sums lie in tensor memory, 128 lanes by 512 columns of 32 bits beside a multiprocessor.
// sm_100a.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#tensorcore-5th-generation-instructions
//
// An address has the lane in its high half, the column in its low one. One thread issues a product d = a b (+ d),
// a [128, K] and b [N, K] from shared memory, K innermost, 32 bytes of it; row r of d is lane r, column c its
// column c. Products of a thread run in order; tcgen05_commit arrives at an mbarrier when all before it have
// ended, which also means that shared memory has been read. Whoever waited for it calls tcgen05_fence_after before
// more of these. Of a warp w of four, tcgen05_ld reads lanes 32w .. 32w + 31.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/tcgen05.h"
#endif

namespace levin {

// What tcgen05.mma multiplies, and the value that says so in its descriptor.
enum class Tcgen05Type : uint32_t { kF16 = 0, kBf16 = 1, kE4m3 = 0, kE5m2 = 1 };

// The descriptor of a product of both operands in a type: float32 sums, K innermost, m rows, n columns (a multiple
// of 16 up to 256).
__host__ __device__ constexpr uint32_t tcgen05_product(Tcgen05Type type, uint32_t m, uint32_t n) {
  return 1u << 4 | static_cast<uint32_t>(type) << 7 | static_cast<uint32_t>(type) << 10 | n / 8 << 17 |
         m / 16 << 24;
}

// Where a matrix with 128-byte swizzled rows of K lies in shared memory: groups of eight rows are 1024 bytes
// apart. The next 32 bytes of K are the descriptor 32 bytes on (tcgen05_advance).
__device__ __forceinline__ uint64_t tcgen05_descriptor(const void* shared) {
#ifdef LEVIN_EMULATED
  const uint32_t address = emulator::shared_address(shared);
#else
  const uint32_t address = shared_address(shared);
#endif
  constexpr uint64_t kEightRows = 1024;
  constexpr uint64_t kVersion = 1;
  constexpr uint64_t kSwizzle128 = 2;
  return (address >> 4 & 0x3fffu) | uint64_t{1} << 16 | kEightRows >> 4 << 32 | kVersion << 46 | kSwizzle128 << 61;
}

__device__ __forceinline__ uint64_t tcgen05_advance(uint64_t descriptor, uint32_t bytes) {
  return descriptor + (bytes >> 4);
}

#ifndef LEVIN_EMULATED
#ifdef LEVIN_PTX_SM100A
#define LEVIN_TCGEN05_ASM(...) asm volatile(__VA_ARGS__)
#else
#define LEVIN_TCGEN05_ASM(...) __trap()
#endif
#endif

// By a whole warp: takes columns, a power of two from 32 on, and writes their address to shared memory. Waits
// while other blocks hold them.
__device__ __forceinline__ void tcgen05_alloc(uint32_t* shared, uint32_t columns LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::tcgen05_alloc(shared, columns, LEVIN_PTX_WHERE);
#else
  LEVIN_TCGEN05_ASM(
      "tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%0], %1;" ::"r"(shared_address(shared)),
      "r"(columns)
      : "memory");
  LEVIN_TCGEN05_ASM("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;");
#endif
}

// By the warp that took them, when nothing uses them any more.
__device__ __forceinline__ void tcgen05_dealloc(uint32_t address, uint32_t columns LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::tcgen05_dealloc(address, columns, LEVIN_PTX_WHERE);
#else
  LEVIN_TCGEN05_ASM("tcgen05.dealloc.cta_group::1.sync.aligned.b32 %0, %1;" ::"r"(address), "r"(columns));
#endif
}

// Before and after a barrier between threads that use the same tensor memory.
__device__ __forceinline__ void tcgen05_fence_before() {
#ifndef LEVIN_EMULATED
  LEVIN_TCGEN05_ASM("tcgen05.fence::before_thread_sync;" ::: "memory");
#endif
}

__device__ __forceinline__ void tcgen05_fence_after() {
#ifndef LEVIN_EMULATED
  LEVIN_TCGEN05_ASM("tcgen05.fence::after_thread_sync;" ::: "memory");
#endif
}

#ifdef LEVIN_EMULATED

#define LEVIN_TCGEN05_MMA(name, kind)                                                                     \
  inline void tcgen05_mma_##name(uint32_t d, uint64_t a, uint64_t b, uint32_t product, bool accumulate) { \
    emulator::tcgen05_mma(emulator::Tcgen05Kind::kind, {d, a, b, product, accumulate});                   \
  }

#else

#define LEVIN_TCGEN05_MMA(name, kind)                                                                      \
  __device__ __forceinline__ void tcgen05_mma_##name(uint32_t d, uint64_t a, uint64_t b, uint32_t product, \
                                                     bool accumulate) {                                    \
    LEVIN_TCGEN05_ASM("{\n.reg .pred p;\nsetp.ne.b32 p, %4, 0;\ntcgen05.mma.cta_group::1.kind::" #name     \
                      " [%0], %1, %2, %3, p;\n}\n" ::"r"(d),                                               \
                      "l"(a), "l"(b), "r"(product), "r"(static_cast<int>(accumulate))                      \
                      : "memory");                                                                         \
  }

#endif

LEVIN_TCGEN05_MMA(f16, kF16)        // F16 or BF16, K = 16
LEVIN_TCGEN05_MMA(f8f6f4, kF8F6F4)  // E4M3 or E5M2, K = 32

#undef LEVIN_TCGEN05_MMA

// MXFP4: E2M1 by E2M1 with E8M0 scales of 32 values in tensor memory, K = 64. Not emulated.
__device__ __forceinline__ void tcgen05_mma_mxf4(uint32_t d, uint64_t a, uint64_t b, uint32_t product,
                                                 uint32_t scales_a, uint32_t scales_b, bool accumulate) {
#ifdef LEVIN_EMULATED
  emulator::tcgen05_mma(emulator::Tcgen05Kind::kMxf4, {d, a, b, product, accumulate});
  static_cast<void>(scales_a + scales_b);
#else
  LEVIN_TCGEN05_ASM(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %6, 0;\ntcgen05.mma.cta_group::1.kind::mxf4.block_scale.scale_vec::2X "
      "[%0], %1, %2, %3, [%4], [%5], p;\n}\n" ::"r"(d),
      "l"(a), "l"(b), "r"(product), "r"(scales_a), "r"(scales_b), "r"(static_cast<int>(accumulate))
      : "memory");
#endif
}

// Arrives at the barrier when all products that the thread has issued have ended.
__device__ __forceinline__ void tcgen05_commit(uint64_t* barrier) {
#ifdef LEVIN_EMULATED
  emulator::tcgen05_commit(barrier);
#else
  LEVIN_TCGEN05_ASM(
      "tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%0];" ::"r"(shared_address(barrier))
      : "memory");
#endif
}

// By a whole warp: of its 32 lanes, one a thread, eight columns. tcgen05_wait_ld before they are used.
__device__ __forceinline__ void tcgen05_ld_x8(float (&r)[8], uint32_t address LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::tcgen05_ld(r, 8, address, LEVIN_PTX_WHERE);
#else
  LEVIN_TCGEN05_ASM("tcgen05.ld.sync.aligned.32x32b.x8.b32 {%0, %1, %2, %3, %4, %5, %6, %7}, [%8];"
                    : "=f"(r[0]), "=f"(r[1]), "=f"(r[2]), "=f"(r[3]), "=f"(r[4]), "=f"(r[5]), "=f"(r[6]),
                      "=f"(r[7])
                    : "r"(address));
#endif
}

// Uses of loaded registers stay behind it.
__device__ __forceinline__ void tcgen05_wait_ld(float (&r)[8]) {
#ifdef LEVIN_EMULATED
  static_cast<void>(r);
#else
  LEVIN_TCGEN05_ASM("tcgen05.wait::ld.sync.aligned;"
                    : "+f"(r[0]), "+f"(r[1]), "+f"(r[2]), "+f"(r[3]), "+f"(r[4]), "+f"(r[5]), "+f"(r[6]),
                      "+f"(r[7])
                    :
                    : "memory");
#endif
}

#ifndef LEVIN_EMULATED
#undef LEVIN_TCGEN05_ASM
#endif

}  // namespace levin
