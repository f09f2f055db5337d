#define LEVIN_TILES 1
#define LEVIN_VNNI 1
#define LEVIN_TILE_512 1

#include "isa_x86.h"

#include "kernel_set.h"

namespace levin {

const KernelSet* avx512_vnni_kernels() {
  static constexpr KernelSet kKernels = kernel_set("avx512-vnni");
  return &kKernels;
}

}  // namespace levin
