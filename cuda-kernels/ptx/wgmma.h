// wgmma: d = a b (+ d) for a warpgroup, four warps of which the first is a multiple of four. sm_90a.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#asynchronous-warpgroup-level-matrix-instructions
//
// a is [64, K] from shared memory (_ss) or registers (_rs), b [K, N] from shared memory, d [64, N]; K is 16 for
// 16-bit types, 32 for 8-bit ones. Warp w of the four has rows 16w .. 16w + 15, as mma.h lays out a's registers and,
// for every 8 columns, d's: d[4j + i] is mma's c[i] of columns 8j .. 8j + 7.
//
// Order: wgmma_fence before the first and whenever registers were touched, products, wgmma_commit_group, and
// wgmma_wait_group before d is read or a's registers or shared memory change.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/wgmma.h"
#endif

namespace levin {

enum class WgmmaSwizzle : uint64_t { kNone = 0, k128 = 1, k64 = 2, k32 = 3 };

// Where a matrix lies in shared memory, K innermost unless the product says transposed. Addresses are multiples of
// 16, the swizzled pattern begins at a multiple of 8 times its width. Of a matrix with K innermost:
//   swizzled   rows lie width bytes apart, groups of 8 rows stride_bytes; leading_bytes does not count. The next
//              K within the width is the same descriptor 32 bytes on.
//   kNone      8 rows of 16 bytes are 128 contiguous bytes; the next 16 bytes of K are leading_bytes on, the next 8
//              rows stride_bytes.
// Of a transposed one, rows innermost, 8 of K at a time:
//   swizzled   K lie width bytes apart, groups of 8 K stride_bytes; rows beyond the width leading_bytes on.
//   kNone      8 K of 16 bytes are 128 contiguous bytes; the next 8 K are leading_bytes on, the next rows
//              stride_bytes.
__device__ __forceinline__ uint64_t wgmma_descriptor(const void* shared, uint32_t leading_bytes, uint32_t stride_bytes,
                                                     WgmmaSwizzle swizzle) {
#ifdef LEVIN_EMULATED
  const uint32_t address = emulator::shared_address(shared);
  emulator::check_descriptor_address(address);
#else
  const uint32_t address = shared_address(shared);
#endif
  return (address >> 4 & 0x3fffu) | static_cast<uint64_t>(leading_bytes >> 4 & 0x3fffu) << 16 |
         static_cast<uint64_t>(stride_bytes >> 4 & 0x3fffu) << 32 | static_cast<uint64_t>(swizzle) << 62;
}

// The descriptor of what lies bytes, a multiple of 16, further on.
__device__ __forceinline__ uint64_t wgmma_advance(uint64_t descriptor, uint32_t bytes) {
  return descriptor + (bytes >> 4);
}

__device__ __forceinline__ void wgmma_fence() {
#ifdef LEVIN_EMULATED
  emulator::wgmma_fence();
#else
#ifdef LEVIN_PTX_SM90A
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#else
  __trap();
#endif
#endif
}

__device__ __forceinline__ void wgmma_commit_group() {
#ifdef LEVIN_EMULATED
  emulator::wgmma_commit();
#else
#ifdef LEVIN_PTX_SM90A
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#else
  __trap();
#endif
#endif
}

// Waits until at most kPending of the latest groups are under way.
template <int kPending>
__device__ __forceinline__ void wgmma_wait_group() {
#ifdef LEVIN_EMULATED
  emulator::wgmma_wait(kPending);
#else
#ifdef LEVIN_PTX_SM90A
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
#else
  __trap();
#endif
#endif
}

// accumulate false: d = a b, whatever d was. The 16-bit products take transposed operands from shared memory:
// kTransposeA, kTransposeB.
#ifdef LEVIN_EMULATED

#define LEVIN_WGMMA_16(name, kind, type, n, ...)                                                                  \
  template <bool kTransposeA = false, bool kTransposeB = false>                                                   \
  void name##_ss(float (&d)[n / 2], uint64_t a, uint64_t b, bool accumulate LEVIN_PTX_CALLER) {                   \
    emulator::wgmma(emulator::MmaType::kind, {d, n, nullptr, a, b, kTransposeA, kTransposeB, accumulate},         \
                    LEVIN_PTX_WHERE);                                                                             \
  }                                                                                                               \
  template <bool kTransposeB = false>                                                                             \
  void name##_rs(float (&d)[n / 2], const uint32_t (&a)[4], uint64_t b, bool accumulate LEVIN_PTX_CALLER) {       \
    emulator::wgmma(emulator::MmaType::kind, {d, n, a, 0, b, false, kTransposeB, accumulate}, LEVIN_PTX_WHERE);   \
  }
#define LEVIN_WGMMA_8(name, kind, type, n, ...)                                                                   \
  inline void name##_ss(float (&d)[n / 2], uint64_t a, uint64_t b, bool accumulate LEVIN_PTX_CALLER) {            \
    emulator::wgmma(emulator::MmaType::kind, {d, n, nullptr, a, b, false, false, accumulate}, LEVIN_PTX_WHERE);   \
  }                                                                                                               \
  inline void name##_rs(float (&d)[n / 2], const uint32_t (&a)[4], uint64_t b, bool accumulate LEVIN_PTX_CALLER) { \
    emulator::wgmma(emulator::MmaType::kind, {d, n, a, 0, b, false, false, accumulate}, LEVIN_PTX_WHERE);         \
  }

#else

#ifdef LEVIN_PTX_SM90A
#define LEVIN_WGMMA_ASM(...) asm volatile(__VA_ARGS__)
#else
#define LEVIN_WGMMA_ASM(...) __trap()
#endif

// o0, o1, ... are the operands that follow those of d.
#define LEVIN_WGMMA_16(name, kind, type, n, list, o0, o1, o2, o3, o4, o5, o6, ...)                                \
  template <bool kTransposeA = false, bool kTransposeB = false>                                                   \
  __device__ __forceinline__ void name##_ss(float (&d)[n / 2], uint64_t a, uint64_t b, bool accumulate) {         \
    LEVIN_WGMMA_ASM("{\n.reg .pred p;\nsetp.ne.b32 p, " o2 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n           \
                    "k16.f32." type " {" list "}, " o0 ", " o1 ", p, 1, 1, " o3 ", " o4 ";\n}\n"                  \
                    : __VA_ARGS__                                                                                 \
                    : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)), "n"(static_cast<int>(kTransposeA)),      \
                      "n"(static_cast<int>(kTransposeB)));                                                        \
  }                                                                                                               \
  template <bool kTransposeB = false>                                                                             \
  __device__ __forceinline__ void name##_rs(float (&d)[n / 2], const uint32_t (&a)[4], uint64_t b,                \
                                            bool accumulate) {                                                    \
    LEVIN_WGMMA_ASM("{\n.reg .pred p;\nsetp.ne.b32 p, " o5 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n           \
                    "k16.f32." type " {" list "}, {" o0 ", " o1 ", " o2 ", " o3 "}, " o4 ", p, 1, 1, " o6        \
                    ";\n}\n"                                                                                      \
                    : __VA_ARGS__                                                                                 \
                    : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)),      \
                      "n"(static_cast<int>(kTransposeB)));                                                        \
  }
#define LEVIN_WGMMA_8(name, kind, type, n, list, o0, o1, o2, o3, o4, o5, o6, ...)                                 \
  __device__ __forceinline__ void name##_ss(float (&d)[n / 2], uint64_t a, uint64_t b, bool accumulate) {         \
    LEVIN_WGMMA_ASM("{\n.reg .pred p;\nsetp.ne.b32 p, " o2 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n           \
                    "k32.f32." type " {" list "}, " o0 ", " o1 ", p, 1, 1;\n}\n"                                  \
                    : __VA_ARGS__                                                                                 \
                    : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)));                                         \
  }                                                                                                               \
  __device__ __forceinline__ void name##_rs(float (&d)[n / 2], const uint32_t (&a)[4], uint64_t b,                \
                                            bool accumulate) {                                                    \
    LEVIN_WGMMA_ASM("{\n.reg .pred p;\nsetp.ne.b32 p, " o5 ", 0;\nwgmma.mma_async.sync.aligned.m64n" #n           \
                    "k32.f32." type " {" list "}, {" o0 ", " o1 ", " o2 ", " o3 "}, " o4 ", p, 1, 1;\n}\n"        \
                    : __VA_ARGS__                                                                                 \
                    : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(static_cast<int>(accumulate)));     \
  }

#endif

// Ten operands from 10t on, and ways to say which d they are.
#define LEVIN_TEN(t) "%" #t "0, %" #t "1, %" #t "2, %" #t "3, %" #t "4, %" #t "5, %" #t "6, %" #t "7, %" #t "8, %" #t "9"
#define LEVIN_FIRST_TEN "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9"
#define LEVIN_D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define LEVIN_D16(i) LEVIN_D4(i), LEVIN_D4(i + 4), LEVIN_D4(i + 8), LEVIN_D4(i + 12)
#define LEVIN_D64(i) LEVIN_D16(i), LEVIN_D16(i + 16), LEVIN_D16(i + 32), LEVIN_D16(i + 48)

#define LEVIN_WGMMA_SHAPES(form, prefix, k, suffix, kind, type)                                                   \
  form(prefix##n8##k##suffix, kind, type, 8, "%0, %1, %2, %3", "%4", "%5", "%6", "%7", "%8", "%9", "%10",        \
       LEVIN_D4(0))                                                                                               \
  form(prefix##n16##k##suffix, kind, type, 16, "%0, %1, %2, %3, %4, %5, %6, %7", "%8", "%9", "%10", "%11",        \
       "%12", "%13", "%14", LEVIN_D4(0), LEVIN_D4(4))                                                             \
  form(prefix##n32##k##suffix, kind, type, 32, LEVIN_FIRST_TEN ", %10, %11, %12, %13, %14, %15", "%16", "%17",    \
       "%18", "%19", "%20", "%21", "%22", LEVIN_D16(0))                                                           \
  form(prefix##n64##k##suffix, kind, type, 64,                                                                    \
       LEVIN_FIRST_TEN ", " LEVIN_TEN(1) ", " LEVIN_TEN(2) ", %30, %31", "%32", "%33", "%34", "%35", "%36",       \
       "%37", "%38", LEVIN_D16(0), LEVIN_D16(16))                                                                 \
  form(prefix##n128##k##suffix, kind, type, 128,                                                                  \
       LEVIN_FIRST_TEN ", " LEVIN_TEN(1) ", " LEVIN_TEN(2) ", " LEVIN_TEN(3) ", " LEVIN_TEN(4) ", " LEVIN_TEN(5)  \
       ", %60, %61, %62, %63", "%64", "%65", "%66", "%67", "%68", "%69", "%70", LEVIN_D64(0))                     \
  form(prefix##n256##k##suffix, kind, type, 256,                                                                  \
       LEVIN_FIRST_TEN ", " LEVIN_TEN(1) ", " LEVIN_TEN(2) ", " LEVIN_TEN(3) ", " LEVIN_TEN(4) ", " LEVIN_TEN(5)  \
       ", " LEVIN_TEN(6) ", " LEVIN_TEN(7) ", " LEVIN_TEN(8) ", " LEVIN_TEN(9) ", " LEVIN_TEN(10) ", "            \
       LEVIN_TEN(11) ", %120, %121, %122, %123, %124, %125, %126, %127", "%128", "%129", "%130", "%131", "%132",  \
       "%133", "%134", LEVIN_D64(0), LEVIN_D64(64))

LEVIN_WGMMA_SHAPES(LEVIN_WGMMA_16, wgmma_m64, k16, _bf16, kBf16, "bf16.bf16")
LEVIN_WGMMA_SHAPES(LEVIN_WGMMA_16, wgmma_m64, k16, _f16, kF16, "f16.f16")
LEVIN_WGMMA_SHAPES(LEVIN_WGMMA_8, wgmma_m64, k32, _e4m3, kE4m3, "e4m3.e4m3")
LEVIN_WGMMA_SHAPES(LEVIN_WGMMA_8, wgmma_m64, k32, _e5m2, kE5m2, "e5m2.e5m2")

#undef LEVIN_TEN
#undef LEVIN_FIRST_TEN
#undef LEVIN_D4
#undef LEVIN_D16
#undef LEVIN_D64
#undef LEVIN_WGMMA_SHAPES
#undef LEVIN_WGMMA_16
#undef LEVIN_WGMMA_8
#undef LEVIN_WGMMA_ASM

}  // namespace levin
