// mma.sync: d = a b + c for a warp, a [16, K] row-major, b [K, 8] column-major, c and d [16, 8].
// https://docs.nvidia.com/cuda/parallel-thread-execution/#warp-level-matrix-instructions-mma
//
// Lane 4g + q holds, with e values to a register (16-bit types 2, tf32 1, 8-bit types 4; K = 8e):
//   a[0], a[2]  row g,     values eq .. eq + e - 1 of the first and of the second half of K
//   a[1], a[3]  row g + 8, the same
//   b[0], b[1]  column g,  the same
//   c[0], c[1]  row g, columns 2q and 2q + 1;   c[2], c[3]  row g + 8
// d may be c. All 32 lanes must take part.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/mma.h"
#endif

namespace levin {

#ifdef LEVIN_EMULATED

#define LEVIN_MMA(name, kind, instruction, minimum)                                                             \
  inline void name(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],                               \
                   const float (&c)[4] LEVIN_PTX_CALLER) {                                                      \
    emulator::mma(emulator::MmaType::kind, d, a, b, c, LEVIN_PTX_WHERE);                                        \
  }
#define LEVIN_MMA_HALF_K(name, kind, instruction)                                                               \
  inline void name(float (&d)[4], const uint32_t (&a)[2], uint32_t b, const float (&c)[4] LEVIN_PTX_CALLER) {   \
    emulator::mma_half_k(emulator::MmaType::kind, d, a, b, c, LEVIN_PTX_WHERE);                                 \
  }

#else

#define LEVIN_MMA(name, kind, instruction, minimum)                                                             \
  __device__ __forceinline__ void name(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],           \
                                       const float (&c)[4]) {                                                   \
    if constexpr (LEVIN_PTX_ARCH >= minimum) {                                                                  \
      asm volatile(instruction " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"           \
                   : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])                                             \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]),    \
                     "f"(c[2]), "f"(c[3]));                                                                     \
    } else {                                                                                                    \
      __trap();                                                                                                 \
    }                                                                                                           \
  }
#define LEVIN_MMA_HALF_K(name, kind, instruction)                                                               \
  __device__ __forceinline__ void name(float (&d)[4], const uint32_t (&a)[2], uint32_t b, const float (&c)[4]) { \
    asm volatile(instruction " {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %8, %9, %10};"                            \
                 : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])                                               \
                 : "r"(a[0]), "r"(a[1]), "r"(b), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));                   \
  }

#endif

LEVIN_MMA(mma_m16n8k16_f16, kF16, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 800)
LEVIN_MMA(mma_m16n8k16_bf16, kBf16, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 800)
// Of every register the low 13 bits do not count.
LEVIN_MMA(mma_m16n8k8_tf32, kTf32, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 800)
LEVIN_MMA(mma_m16n8k32_e4m3, kE4m3, "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32", 890)
LEVIN_MMA(mma_m16n8k32_e5m2, kE5m2, "mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e5m2.f32", 890)
LEVIN_MMA(mma_m16n8k32_e4m3_e5m2, kE4m3E5m2, "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e5m2.f32", 890)
LEVIN_MMA(mma_m16n8k32_e5m2_e4m3, kE5m2E4m3, "mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e4m3.f32", 890)
// Half of K: a[0] is row g, a[1] row g + 8.
LEVIN_MMA_HALF_K(mma_m16n8k8_f16, kF16, "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32")
LEVIN_MMA_HALF_K(mma_m16n8k8_bf16, kBf16, "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32")

#undef LEVIN_MMA
#undef LEVIN_MMA_HALF_K

// Sums wrap around.
__device__ __forceinline__ void mma_m16n8k32_s8(int32_t (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                                                const int32_t (&c)[4] LEVIN_PTX_CALLER) {
#ifdef LEVIN_EMULATED
  emulator::mma_s8(d, a, b, c, LEVIN_PTX_WHERE);
#else
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%10, %11, %12, %13};"
      : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(c[0]), "r"(c[1]), "r"(c[2]), "r"(c[3]));
#endif
}

}  // namespace levin
