// Library, devices and contexts.
#include <cstdio>

#include "handles.h"

using levin::native::enter;
using levin::native::fail;
using levin::native::guarded;

namespace {

// The oldest architecture that the kernels are written for: bf16 mma and cp.async.
constexpr int kMinMajor = 8;

struct Versions {
  int driver = 0;
  int runtime = 0;
};

Versions versions() {
  Versions found;
  if (cudaRuntimeGetVersion(&found.runtime) != cudaSuccess || cudaDriverGetVersion(&found.driver) != cudaSuccess) {
    cudaGetLastError();
  }
  return found;
}

// CUDA's own text is about updating software; both versions say what to do.
[[noreturn]] void no_driver(cudaError_t error) {
  const Versions v = versions();
  cudaGetLastError();
  if (v.driver == 0) {
    fail(LEVIN_NO_DRIVER, "no CUDA driver: libcuda.so.1 is not installed (this library needs one for CUDA %d.%d)",
         v.runtime / 1000, v.runtime % 1000 / 10);
  }
  if (v.driver / 1000 < v.runtime / 1000) {
    fail(LEVIN_NO_DRIVER, "the CUDA driver is too old: it supports CUDA %d.%d, this library needs %d.%d",
         v.driver / 1000, v.driver % 1000 / 10, v.runtime / 1000, v.runtime % 1000 / 10);
  }
  fail(LEVIN_NO_DRIVER, "the CUDA driver (CUDA %d.%d) does not start: %s", v.driver / 1000, v.driver % 1000 / 10,
       cudaGetErrorString(error));
}

int device_count() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorNoDevice) {
    cudaGetLastError();
    return 0;
  }
  if (error == cudaErrorInsufficientDriver || error == cudaErrorInitializationError) {
    no_driver(error);
  }
  LEVIN_CUDA(error);
  return count;
}

cudaDeviceProp properties(int32_t index) {
  const int count = device_count();
  if (index < 0 || index >= count) {
    fail(LEVIN_INVALID_ARGUMENT, "there is no CUDA device %d; this machine has %d", index, count);
  }
  cudaDeviceProp found{};
  LEVIN_CUDA(cudaGetDeviceProperties(&found, index));
  return found;
}

// Freed memory stays in the pool: without this the driver takes all of it back at every synchronisation.
void keep_freed_memory(int32_t device) {
#ifndef LEVIN_EMULATED
  cudaMemPool_t pool = nullptr;
  LEVIN_CUDA(cudaDeviceGetDefaultMemPool(&pool, device));
  uint64_t threshold = UINT64_MAX;
  LEVIN_CUDA(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
#else
  (void)device;
#endif
}

}  // namespace

extern "C" {

int32_t levin_abi_version(void) { return LEVIN_ABI_VERSION; }

int32_t levin_is_emulated(void) {
#ifdef LEVIN_EMULATED
  return 1;
#else
  return 0;
#endif
}

const char* levin_last_error(void) { return levin::native::remembered(); }

levin_status levin_device_count(int32_t* count) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(count != nullptr);
    *count = device_count();
  });
}

levin_status levin_get_device_info(int32_t index, levin_device_info* info) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(info != nullptr);
    const cudaDeviceProp found = properties(index);
    const Versions v = versions();
    *info = {};
    snprintf(info->name, sizeof info->name, "%s", found.name);
    info->total_bytes = static_cast<int64_t>(found.totalGlobalMem);
    info->l2_bytes = found.l2CacheSize;
    info->shared_bytes_per_block = static_cast<int64_t>(found.sharedMemPerBlockOptin);
    info->index = index;
    info->compute_major = found.major;
    info->compute_minor = found.minor;
    info->multiprocessors = found.multiProcessorCount;
    info->driver_version = v.driver;
    info->runtime_version = v.runtime;
  });
}

levin_status levin_context_create(int32_t device, levin_context* context) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(context != nullptr);
    const cudaDeviceProp found = properties(device);
    if (found.major < kMinMajor) {
      fail(LEVIN_UNSUPPORTED, "device %d '%s' is sm_%d%d, the kernels need sm_%d0 or newer", device, found.name,
           found.major, found.minor, kMinMajor);
    }
    LEVIN_CUDA(cudaSetDevice(device));
    keep_freed_memory(device);
    *context = new levin_context_t{device};
  });
}

void levin_context_destroy(levin_context context) { delete context; }

}  // extern "C"
