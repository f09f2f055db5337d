#include "isa_portable.h"

#include "kernel_set.h"

namespace levin {

const KernelSet* neon_dot_kernels() {
  static constexpr KernelSet kKernels = kernel_set("neon-dot");
  return &kKernels;
}

}  // namespace levin
