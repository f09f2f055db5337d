#define LEVIN_TILES 1

#include "isa_x86.h"

#include "kernel_set.h"

namespace levin {

const KernelSet* avx2_kernels() {
  static constexpr KernelSet kKernels = kernel_set("avx2");
  return &kKernels;
}

}  // namespace levin
