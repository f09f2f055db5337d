// check_device_code: all kernels are compiled for the same architectures, so one speaks for all.
#include "common/launch.h"
#include "levin/kernels/device.h"

namespace levin {

#ifdef LEVIN_EMULATED

Status check_device_code() { return Status::kOk; }

#else

namespace {

__global__ void empty_kernel() {}

}  // namespace

Status check_device_code() {
  cudaFuncAttributes attributes;
  const cudaError_t error = cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(empty_kernel));
  switch (error) {
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
    case cudaErrorUnsupportedPtxVersion:
      cudaGetLastError();
      return Status::kUnsupported;
    default:
      return status_of(error);
  }
}

#endif

}  // namespace levin
