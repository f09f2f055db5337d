/* ldmatrix and stmatrix on a warp. */
#ifndef LEVIN_EMULATOR_MATRICES_H
#define LEVIN_EMULATOR_MATRICES_H

#include "execution.h"

namespace levin::emulator {

struct MatrixLane {
  uint32_t* registers;
  void* row;
};

void load_matrices(int count, bool transposed, MatrixLane lane, Location where);
void store_matrices(int count, bool transposed, MatrixLane lane, Location where);

}  // namespace levin::emulator

#endif
