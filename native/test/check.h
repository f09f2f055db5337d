/* What the tests of levin_cpu.h share: a count of failures, and memory as the kernels want it. */
#ifndef LEVIN_TEST_CHECK_H
#define LEVIN_TEST_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#include "levin/levin_cpu.h"

constexpr uint32_t kSeed = 42;

inline int failures = 0;

#define EXPECT(condition, ...)                                 \
  do {                                                         \
    if (!(condition)) {                                        \
      failures++;                                              \
      fprintf(stderr, "FAIL " __VA_ARGS__);                    \
      fprintf(stderr, "  [%s, seed %u]\n", #condition, kSeed); \
    }                                                          \
  } while (0)

struct Free {
  void operator()(void* p) const { free(p); }
};

/* Aligned, and every float of it NaN: what is not written before it is read shows. */
inline std::unique_ptr<uint8_t, Free> poisoned_bytes(int64_t bytes) {
  size_t padded = (size_t)(bytes + 127) / 64 * 64;
  std::unique_ptr<uint8_t, Free> memory((uint8_t*)aligned_alloc(64, padded));
  memset(memory.get(), 0xff, padded);
  return memory;
}

inline void expect_refusal(levin_cpu_status status, levin_cpu_status want, const char* part) {
  EXPECT(status == want, "status %d instead of %d", status, want);
  EXPECT(strstr(levin_cpu_last_error(), part) != nullptr, "'%s' does not name '%s'", levin_cpu_last_error(), part);
}

/* Prints what this processor runs; where an argument names an instruction set, it has to be the default. */
inline void print_isas(int argc, char** argv) {
  int32_t best = levin_cpu_isa();
  for (int32_t isa = 0; isa < LEVIN_CPU_ISA_COUNT; isa++) {
    printf("%-16s %s%s\n", levin_cpu_isa_name(isa),
           levin_cpu_isa_available(isa) ? "tested" : "not on this machine", isa == best ? ", the default" : "");
  }
  EXPECT(argc < 2 || strcmp(argv[1], levin_cpu_isa_name(best)) == 0, "the default is not %s", argv[1]);
}

inline int report() {
  printf("seed %u, %d failures\n", kSeed, failures);
  return failures == 0 ? 0 : 1;
}

#endif
