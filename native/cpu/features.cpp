#include "features.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace levin {

uint64_t detect_features() {
  uint64_t features = 0;
#if defined(__x86_64__)
  /* The compiler's runtime asks CPUID, and XGETBV whether the system saves the wider registers. */
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
    features |= LEVIN_CPU_FEATURE_AVX2;
    if (__builtin_cpu_supports("avxvnni")) {
      features |= LEVIN_CPU_FEATURE_AVX_VNNI;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni")) {
      features |= LEVIN_CPU_FEATURE_AVX512_VNNI;
    }
  }
#elif defined(__aarch64__) && defined(__linux__)
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) {
    features |= LEVIN_CPU_FEATURE_NEON_DOT;
  }
#elif defined(__aarch64__) && defined(__APPLE__)
  int has_dot = 0;
  size_t bytes = sizeof(has_dot);
  if (sysctlbyname("hw.optional.arm.FEAT_DotProd", &has_dot, &bytes, nullptr, 0) == 0 && has_dot != 0) {
    features |= LEVIN_CPU_FEATURE_NEON_DOT;
  }
#endif
  return features;
}

const KernelSet* kernels_for(int32_t isa) {
  [[maybe_unused]] uint64_t features = detect_features();
  switch (isa) {
    case LEVIN_CPU_ISA_PORTABLE:
      return portable_kernels();
#if defined(__x86_64__)
    case LEVIN_CPU_ISA_AVX2:
      return features & LEVIN_CPU_FEATURE_AVX2 ? avx2_kernels() : nullptr;
    case LEVIN_CPU_ISA_AVX512_VNNI_256:
      return features & LEVIN_CPU_FEATURE_AVX512_VNNI ? avx512_vnni_256_kernels() : nullptr;
    case LEVIN_CPU_ISA_AVX_VNNI:
      return features & LEVIN_CPU_FEATURE_AVX_VNNI ? avx_vnni_kernels() : nullptr;
    case LEVIN_CPU_ISA_AVX512_VNNI:
      return features & LEVIN_CPU_FEATURE_AVX512_VNNI ? avx512_vnni_kernels() : nullptr;
#elif defined(__aarch64__)
    case LEVIN_CPU_ISA_NEON_DOT:
      return features & LEVIN_CPU_FEATURE_NEON_DOT ? neon_dot_kernels() : nullptr;
#endif
    default:
      return nullptr;
  }
}

int32_t best_isa() {
  int32_t isa = LEVIN_CPU_ISA_COUNT - 1;
  while (isa > LEVIN_CPU_ISA_PORTABLE && kernels_for(isa) == nullptr) {
    isa--;
  }
  return isa;
}

}  // namespace levin
