// mma.sync with block scaling: d = (a * scale_a) (b * scale_b) + c for a warp. sm_120a alone.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#warp-level-block-scaling
//
// a, b, c and d lie as in mma.h; a register holds eight E2M1 values (K = 64) or four E4M3 ones (K = 32), the first
// in the low bits. Rows of a and columns of b have a scale for 16 or 32 values of K, the first in the low byte:
//   nvf4  four E4M3 scales (signs do not count), 16 values each
//   mxf4  two E8M0 scales in the low half, 32 values each
//   mxf8  one E8M0 scale in the low byte
// Of lane 4g + q: with q = 0 scale_a is row g's, with q = 1 row g + 8's; with q = 0 scale_b is column g's. Other
// lanes' scales do not count. All 32 lanes must take part.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/mma.h"
#endif

namespace levin {

#ifdef LEVIN_EMULATED

constexpr bool kHasBlockScaledMma = true;

#define LEVIN_BLOCK_SCALED_MMA(name, kind, instruction, types)                                                    \
  inline void name(float(&d)[4], const uint32_t(&a)[4], const uint32_t(&b)[2], const float(&c)[4],                \
                   uint32_t scale_a, uint32_t scale_b LEVIN_PTX_CALLER) {                                         \
    emulator::mma_block_scaled(emulator::BlockScaledType::kind, {d, a, b, c, scale_a, scale_b}, LEVIN_PTX_WHERE); \
  }

#else

#ifdef LEVIN_PTX_SM120A
constexpr bool kHasBlockScaledMma = true;
#define LEVIN_BLOCK_SCALED_ASM(...) asm volatile(__VA_ARGS__)
#else
constexpr bool kHasBlockScaledMma = false;
#define LEVIN_BLOCK_SCALED_ASM(...) __trap()
#endif

#define LEVIN_BLOCK_SCALED_MMA(name, kind, instruction, types)                                            \
  __device__ __forceinline__ void name(float(&d)[4], const uint32_t(&a)[4], const uint32_t(&b)[2],        \
                                       const float(&c)[4], uint32_t scale_a, uint32_t scale_b) {          \
    LEVIN_BLOCK_SCALED_ASM("mma.sync.aligned." instruction ".f32." types                                  \
                           " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13}, "        \
                           "{%14}, {0, 0}, {%15}, {0, 0};"                                                \
                           : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])                               \
                           : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), \
                             "f"(c[1]), "f"(c[2]), "f"(c[3]), "r"(scale_a), "r"(scale_b));                \
  }

#endif

LEVIN_BLOCK_SCALED_MMA(mma_m16n8k64_nvf4, kNvf4, "m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::4X",
                       "e2m1.e2m1.f32.ue4m3")
LEVIN_BLOCK_SCALED_MMA(mma_m16n8k64_mxf4, kMxf4, "m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X",
                       "e2m1.e2m1.f32.ue8m0")
LEVIN_BLOCK_SCALED_MMA(mma_m16n8k32_mxf8, kMxf8, "m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X",
                       "e4m3.e4m3.f32.ue8m0")

#undef LEVIN_BLOCK_SCALED_MMA
#undef LEVIN_BLOCK_SCALED_ASM

}  // namespace levin
