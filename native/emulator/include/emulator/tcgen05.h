/* Tensor memory and the products that sum in it. A product happens when it is issued, its barrier's arrival too: a
   thread that reads sums without waiting for them goes unnoticed. */
#ifndef LEVIN_EMULATOR_TCGEN05_H
#define LEVIN_EMULATOR_TCGEN05_H

#include "execution.h"

namespace levin::emulator {

enum class Tcgen05Kind { kF16, kF8F6F4, kMxf4 };

struct Tcgen05Product {
  uint32_t d;
  uint64_t a;
  uint64_t b;
  uint32_t product;
  bool accumulate;
};

void tcgen05_alloc(uint32_t* shared, uint32_t columns, Location where);
void tcgen05_dealloc(uint32_t address, uint32_t columns, Location where);
void tcgen05_mma(Tcgen05Kind kind, const Tcgen05Product& product);
void tcgen05_commit(uint64_t* barrier);
void tcgen05_ld(float* registers, int columns, uint32_t address, Location where);

}  // namespace levin::emulator

#endif
