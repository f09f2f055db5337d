// The one way to start a kernel, and the one way to its dynamic shared memory; the same source for nvcc and
// for the emulated build.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <type_traits>

#include "levin/kernels/status.h"

namespace levin {

struct LaunchShape {
  dim3 grid{1, 1, 1};
  dim3 block{1, 1, 1};
  size_t dynamic_shared_bytes = 0;
  dim3 cluster{1, 1, 1};
};

inline Status status_of(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return Status::kOk;
    case cudaErrorInvalidValue:
    case cudaErrorInvalidConfiguration:
    case cudaErrorInvalidResourceHandle:
      return Status::kInvalidArgument;
    case cudaErrorNotSupported:
      return Status::kUnsupported;
    case cudaErrorMemoryAllocation:
      return Status::kOutOfMemory;
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
      return Status::kNoDriver;
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchTimeout:
      return Status::kDeviceLost;
    default:
      return Status::kInternal;
  }
}

#ifdef LEVIN_EMULATED

template <class Params>
void call_kernel(const void* function, const void* params) {
  reinterpret_cast<void (*)(Params)>(const_cast<void*>(function))(*static_cast<const Params*>(params));
}

template <class Params>
Status launch(void (*kernel)(Params), const LaunchShape& shape, cudaStream_t stream, const Params& params) {
  static_assert(std::is_trivially_copyable<Params>::value, "params are copied as bytes");
  const emulator::KernelCall call{&call_kernel<Params>,
                                  reinterpret_cast<const void*>(kernel),
                                  &params,
                                  sizeof(Params),
                                  shape.grid,
                                  shape.block,
                                  shape.cluster,
                                  shape.dynamic_shared_bytes};
  return status_of(emulator::launch(call, stream));
}

// The block's dynamic shared memory, aligned to 1024 bytes; what lies past dynamic_shared_bytes faults.
template <class T>
__device__ T* dynamic_shared() {
  return static_cast<T*>(emulator::dynamic_shared_memory());
}

#else

template <class Params>
Status launch(void (*kernel)(Params), const LaunchShape& shape, cudaStream_t stream, const Params& params) {
  static_assert(std::is_trivially_copyable<Params>::value, "params are copied as bytes");
  const void* function = reinterpret_cast<const void*>(kernel);
  constexpr size_t kWithoutOptIn = 48 * 1024;
  if (shape.dynamic_shared_bytes > kWithoutOptIn) {
    const cudaError_t error = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                   static_cast<int>(shape.dynamic_shared_bytes));
    if (error != cudaSuccess) {
      return status_of(error);
    }
  }
  cudaLaunchAttribute cluster;
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim.x = shape.cluster.x;
  cluster.val.clusterDim.y = shape.cluster.y;
  cluster.val.clusterDim.z = shape.cluster.z;
  const bool clustered = shape.cluster.x * shape.cluster.y * shape.cluster.z > 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = shape.grid;
  config.blockDim = shape.block;
  config.dynamicSmemBytes = shape.dynamic_shared_bytes;
  config.stream = stream;
  config.attrs = &cluster;
  config.numAttrs = clustered ? 1 : 0;
  void* arguments[] = {const_cast<Params*>(&params)};
  return status_of(cudaLaunchKernelExC(&config, function, arguments));
}

// The block's dynamic shared memory, aligned to 1024 bytes as swizzled TMA tiles want it.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(1024) unsigned char levin_dynamic_shared[];
  return reinterpret_cast<T*>(levin_dynamic_shared);
}

#endif

}  // namespace levin
