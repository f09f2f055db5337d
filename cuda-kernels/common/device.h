// Which device a launcher's kernels will run on. Host only.
#pragma once

#include <cuda_runtime.h>

#include <atomic>

namespace levin {

// Compute capability of the current device as 10 * major + minor; 0 if there is none. Asked for once a device.
inline int current_architecture() {
  constexpr int kDevices = 64;
  static std::atomic<int> known[kDevices];
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess || device < 0 || device >= kDevices) {
    return 0;
  }
  int architecture = known[device].load(std::memory_order_relaxed);
  if (architecture == 0) {
    int major = 0;
    int minor = 0;
    if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) == cudaSuccess &&
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) == cudaSuccess) {
      architecture = 10 * major + minor;
      known[device].store(architecture, std::memory_order_relaxed);
    }
  }
  return architecture;
}

// Whether kernels of wgmma run here: they are compiled for sm_90a alone, and only if the build asks for it.
inline bool runs_sm90a() {
#if defined(LEVIN_EMULATED) || defined(LEVIN_HAS_SM90A)
  return current_architecture() == 90;
#else
  return false;
#endif
}

// The same of tcgen05 and sm_100a.
inline bool runs_sm100a() {
#if defined(LEVIN_EMULATED) || defined(LEVIN_HAS_SM100A)
  return current_architecture() == 100;
#else
  return false;
#endif
}

}  // namespace levin
