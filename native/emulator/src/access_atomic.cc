/*
 * Atomics of instrumented host code, such as shared_ptr in a launcher: the compiler turns them into these
 * calls. Kernels' atomics are those of emulator/atomics.h.
 */
#include <cstdint>

#define LEVIN_UPDATE(bits, type, name)                                       \
  type __tsan_atomic##bits##_##name(volatile type* address, type value, int) { \
    return __atomic_##name(address, value, __ATOMIC_SEQ_CST);                \
  }

#define LEVIN_ATOMICS(bits, type)                                                                  \
  type __tsan_atomic##bits##_load(const volatile type* address, int) {                             \
    return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                             \
  }                                                                                                \
  void __tsan_atomic##bits##_store(volatile type* address, type value, int) {                      \
    __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                            \
  }                                                                                                \
  type __tsan_atomic##bits##_exchange(volatile type* address, type value, int) {                   \
    return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                                  \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile type* address, type* expected,        \
                                                    type desired, int, int) {                      \
    return __atomic_compare_exchange_n(address, expected, desired, false, __ATOMIC_SEQ_CST,        \
                                       __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile type* address, type* expected,          \
                                                  type desired, int, int) {                        \
    return __atomic_compare_exchange_n(address, expected, desired, true, __ATOMIC_SEQ_CST,         \
                                       __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  LEVIN_UPDATE(bits, type, fetch_add)                                                              \
  LEVIN_UPDATE(bits, type, fetch_sub)                                                              \
  LEVIN_UPDATE(bits, type, fetch_and)                                                              \
  LEVIN_UPDATE(bits, type, fetch_or)                                                               \
  LEVIN_UPDATE(bits, type, fetch_xor)

extern "C" {

LEVIN_ATOMICS(8, uint8_t)
LEVIN_ATOMICS(16, uint16_t)
LEVIN_ATOMICS(32, uint32_t)
LEVIN_ATOMICS(64, uint64_t)

void __tsan_atomic_thread_fence(int) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

}  // extern "C"
