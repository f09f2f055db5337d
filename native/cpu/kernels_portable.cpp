#include "isa_portable.h"

#include "kernel_set.h"

namespace levin {

const KernelSet* portable_kernels() {
  static constexpr KernelSet kKernels = kernel_set("portable");
  return &kKernels;
}

}  // namespace levin
