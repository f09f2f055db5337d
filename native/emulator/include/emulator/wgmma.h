/*
 * wgmma on each warp of a warpgroup. Results appear in d only when the thread waits for the group; until
 * then d is NaN, so that reading it too early shows. Operands are read when the product is started.
 */
#ifndef LEVIN_EMULATOR_WGMMA_H
#define LEVIN_EMULATOR_WGMMA_H

#include "mma.h"

namespace levin::emulator {

struct WgmmaLane {
  float* d;
  int n;
  /* Null for an a in shared memory. */
  const uint32_t* a_registers;
  uint64_t a;
  uint64_t b;
  bool transpose_a;
  bool transpose_b;
  bool accumulate;
};

void check_descriptor_address(uint32_t address);
void wgmma(MmaType type, WgmmaLane lane, Location where);
void wgmma_fence();
void wgmma_commit();
void wgmma_wait(int pending_groups);

}  // namespace levin::emulator

#endif
