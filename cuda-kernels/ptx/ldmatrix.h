// ldmatrix and stmatrix: 8 x 8 matrices of 16-bit values between shared memory and the registers of a warp.
// https://docs.nvidia.com/cuda/parallel-thread-execution/#warp-level-matrix-instructions-ldmatrix
//
// Lane 8i + r gives the address of row r of matrix i: 16 bytes, a multiple of 16. Lanes beyond those of the
// matrices asked for may give anything. Register i of lane 4g + q is row g, values 2q and 2q + 1 of matrix i;
// with _trans it is column g, values 2q and 2q + 1.
#pragma once

#include "ptx/ptx.h"

#ifdef LEVIN_EMULATED
#include "emulator/matrices.h"
#endif

namespace levin {

#ifdef LEVIN_EMULATED

#define LEVIN_LDMATRIX(name, count, transposed, suffix, list, ...)                             \
  inline void name(uint32_t (&r)[count], const void* row LEVIN_PTX_CALLER) {                   \
    emulator::load_matrices(count, transposed, {r, const_cast<void*>(row)}, LEVIN_PTX_WHERE);  \
  }
#define LEVIN_STMATRIX(name, count, transposed, suffix, list, ...)                             \
  inline void name(void* row, const uint32_t (&r)[count] LEVIN_PTX_CALLER) {                   \
    uint32_t copy[count];                                                                      \
    for (int i = 0; i < count; ++i) {                                                          \
      copy[i] = r[i];                                                                          \
    }                                                                                          \
    emulator::store_matrices(count, transposed, {copy, row}, LEVIN_PTX_WHERE);                 \
  }

#else

#define LEVIN_LDMATRIX(name, count, transposed, suffix, list, address, ...)                    \
  __device__ __forceinline__ void name(uint32_t (&r)[count], const void* row) {                \
    asm volatile("ldmatrix.sync.aligned.m8n8." suffix ".shared.b16 " list ", [" address "];"   \
                 : __VA_ARGS__                                                                 \
                 : "r"(shared_address(row))                                                    \
                 : "memory");                                                                  \
  }
#define LEVIN_STMATRIX(name, count, transposed, suffix, list, ...)                             \
  __device__ __forceinline__ void name(void* row, const uint32_t (&r)[count]) {                \
    if constexpr (LEVIN_PTX_ARCH >= 900) {                                                     \
      asm volatile("stmatrix.sync.aligned.m8n8." suffix ".shared.b16 [%0], " list ";" ::"r"(   \
                       shared_address(row)),                                                   \
                   __VA_ARGS__                                                                 \
                   : "memory");                                                                \
    } else {                                                                                   \
      __trap();                                                                                \
    }                                                                                          \
  }

#endif

LEVIN_LDMATRIX(ldmatrix_x1, 1, false, "x1", "{%0}", "%1", "=r"(r[0]))
LEVIN_LDMATRIX(ldmatrix_x2, 2, false, "x2", "{%0, %1}", "%2", "=r"(r[0]), "=r"(r[1]))
LEVIN_LDMATRIX(ldmatrix_x4, 4, false, "x4", "{%0, %1, %2, %3}", "%4", "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]))
LEVIN_LDMATRIX(ldmatrix_x1_trans, 1, true, "x1.trans", "{%0}", "%1", "=r"(r[0]))
LEVIN_LDMATRIX(ldmatrix_x2_trans, 2, true, "x2.trans", "{%0, %1}", "%2", "=r"(r[0]), "=r"(r[1]))
LEVIN_LDMATRIX(ldmatrix_x4_trans, 4, true, "x4.trans", "{%0, %1, %2, %3}", "%4", "=r"(r[0]), "=r"(r[1]), "=r"(r[2]),
               "=r"(r[3]))

// stmatrix needs sm_90.
LEVIN_STMATRIX(stmatrix_x1, 1, false, "x1", "{%1}", "r"(r[0]))
LEVIN_STMATRIX(stmatrix_x2, 2, false, "x2", "{%1, %2}", "r"(r[0]), "r"(r[1]))
LEVIN_STMATRIX(stmatrix_x4, 4, false, "x4", "{%1, %2, %3, %4}", "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]))
LEVIN_STMATRIX(stmatrix_x1_trans, 1, true, "x1.trans", "{%1}", "r"(r[0]))
LEVIN_STMATRIX(stmatrix_x2_trans, 2, true, "x2.trans", "{%1, %2}", "r"(r[0]), "r"(r[1]))
LEVIN_STMATRIX(stmatrix_x4_trans, 4, true, "x4.trans", "{%1, %2, %3, %4}", "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]))

#undef LEVIN_LDMATRIX
#undef LEVIN_STMATRIX

}  // namespace levin
