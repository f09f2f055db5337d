// What every file here begins with. A function is one instruction, named like it; on a device it is asm, in the
// emulated build a call of the twin with the same meaning for the same lanes. Where the target lacks the
// instruction the function traps: code that reaches it was launched on the wrong architecture.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#ifdef LEVIN_EMULATED

// Reports of the emulator name the caller.
#define LEVIN_PTX_CALLER , const char *levin_file = __builtin_FILE(), int levin_line = __builtin_LINE()
#define LEVIN_PTX_CALLER_ONLY const char *levin_file = __builtin_FILE(), int levin_line = __builtin_LINE()
#define LEVIN_PTX_WHERE \
  ::levin::emulator::Location { levin_file, levin_line }

#else

#define LEVIN_PTX_CALLER
#define LEVIN_PTX_CALLER_ONLY

#ifdef __CUDA_ARCH__
#define LEVIN_PTX_ARCH __CUDA_ARCH__
#else
// The host pass of nvcc parses device code and throws it away.
#define LEVIN_PTX_ARCH 0
#endif

// wgmma exists on sm_90a alone: not on later architectures, nor in code for all of sm_90.
#if LEVIN_PTX_ARCH == 900 && defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define LEVIN_PTX_SM90A 1
#endif

namespace levin {

// The address that 32-bit shared-memory operands take.
__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

}  // namespace levin

#endif
