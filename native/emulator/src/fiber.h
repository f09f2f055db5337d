/*
 * Switching between stacks. A fiber that is switched away from leaves its registers on its own stack; a
 * place to return to is one pointer.
 */
#ifndef LEVIN_EMULATOR_FIBER_H
#define LEVIN_EMULATOR_FIBER_H

#include <cstddef>

#if defined(__x86_64__) && !defined(LEVIN_EMULATOR_UCONTEXT)
#define LEVIN_EMULATOR_ASSEMBLY 1
#else
#include <ucontext.h>
#endif

namespace levin::emulator {

#ifdef LEVIN_EMULATOR_ASSEMBLY
struct FiberState {
  void* stack_pointer = nullptr;
};
#else
struct FiberState {
  ucontext_t context;
};
#endif

/* Makes state one that runs entry, which must never return, on the stack of these bytes. */
void prepare_fiber(FiberState& state, char* stack, size_t bytes, void (*entry)());

/* Goes on at next; returns when somebody switches back to save. */
void switch_fiber(FiberState& save, FiberState& next);

}  // namespace levin::emulator

#endif
