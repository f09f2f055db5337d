#include "fiber.h"

#include <cstdint>

#ifdef LEVIN_EMULATOR_ASSEMBLY

/* Only callee-saved registers live across the call; the rest the compiler has already spilled. */
asm(R"(
  .text
  .p2align 4
  .hidden levin_emulator_switch
  .globl levin_emulator_switch
  .type levin_emulator_switch, @function
levin_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size levin_emulator_switch, .-levin_emulator_switch
)");

extern "C" void levin_emulator_switch(void** save, void* next);

namespace levin::emulator {

void prepare_fiber(FiberState& state, char* stack, size_t bytes, void (*entry)()) {
  uintptr_t top = (reinterpret_cast<uintptr_t>(stack) + bytes) & ~static_cast<uintptr_t>(15);
  /* Entry finds the stack as after a call: a return address, here null, above 16 byte alignment. */
  void** frame = reinterpret_cast<void**>(top) - 8;
  for (int saved = 0; saved < 6; ++saved) {
    frame[saved] = nullptr;
  }
  frame[6] = reinterpret_cast<void*>(entry);
  frame[7] = nullptr;
  state.stack_pointer = frame;
}

void switch_fiber(FiberState& save, FiberState& next) {
  levin_emulator_switch(&save.stack_pointer, next.stack_pointer);
}

}  // namespace levin::emulator

#else

namespace levin::emulator {

void prepare_fiber(FiberState& state, char* stack, size_t bytes, void (*entry)()) {
  getcontext(&state.context);
  state.context.uc_stack.ss_sp = stack;
  state.context.uc_stack.ss_size = bytes;
  state.context.uc_link = nullptr;
  makecontext(&state.context, entry, 0);
}

void switch_fiber(FiberState& save, FiberState& next) {
  swapcontext(&save.context, &next.context);
}

}  // namespace levin::emulator

#endif
