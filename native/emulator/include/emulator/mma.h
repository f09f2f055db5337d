/* mma.sync on a warp: a[16][K] times b[K][8] plus c[16][8], fragments as the PTX manual lays them out. */
#ifndef LEVIN_EMULATOR_MMA_H
#define LEVIN_EMULATOR_MMA_H

#include "execution.h"

namespace levin::emulator {

enum class MmaType { kF16, kBf16, kTf32, kE4m3, kE5m2, kE4m3E5m2, kE5m2E4m3 };

/*
 * The fragments of the calling lane; d may be c. a has four registers and b two: K is 16 for 16-bit types,
 * 8 for tf32, 32 for 8-bit ones.
 */
void mma(MmaType type, float* d, const uint32_t* a, const uint32_t* b, const float* c, Location where);
/* a has two registers and b one: K = 8 of 16-bit types. */
void mma_half_k(MmaType type, float* d, const uint32_t* a, uint32_t b, const float* c, Location where);
void mma_s8(int32_t* d, const uint32_t* a, const uint32_t* b, const int32_t* c, Location where);

}  // namespace levin::emulator

#endif
