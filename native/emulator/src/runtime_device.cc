/* The runtime API: errors, the one device, and its properties. */
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "device.h"
#include "heap.h"
#include "stream.h"

namespace levin::emulator {

namespace {

thread_local cudaError_t last_error = cudaSuccess;
thread_local cudaError_t reported_error = cudaSuccess;
thread_local char report[1024];

struct ErrorName {
  cudaError_t code;
  const char* name;
  const char* text;
};

constexpr ErrorName kErrors[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInitializationError, "cudaErrorInitializationError", "initialization error"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection",
     "invalid copy direction for memcpy"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {cudaErrorLaunchOutOfResources, "cudaErrorLaunchOutOfResources",
     "too many resources requested for launch"},
    {cudaErrorLaunchTimeout, "cudaErrorLaunchTimeout", "the launch timed out and was terminated"},
    {cudaErrorMisalignedAddress, "cudaErrorMisalignedAddress", "misaligned address"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorNotPermitted, "cudaErrorNotPermitted", "operation not permitted"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {cudaErrorStreamCaptureUnmatched, "cudaErrorStreamCaptureUnmatched",
     "capture was not ended in the same stream as it began"},
    {cudaErrorStreamCaptureUnjoined, "cudaErrorStreamCaptureUnjoined",
     "capturing stream has unjoined work"},
    {cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation",
     "dependency created on uncaptured work in another stream"},
    {cudaErrorStreamCaptureImplicit, "cudaErrorStreamCaptureImplicit",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
};

const ErrorName& entry_of(cudaError_t code) {
  for (const ErrorName& entry : kErrors) {
    if (entry.code == code) {
      return entry;
    }
  }
  static constexpr ErrorName kUnrecognised{cudaErrorUnknown, "unrecognized error code",
                                           "unrecognized error code"};
  return kUnrecognised;
}

}  // namespace

cudaError_t failed(cudaError_t code, const std::string& text) {
  /* That work is not finished is no error to remember. */
  if (code != cudaSuccess && code != cudaErrorNotReady) {
    last_error = code;
    if (!text.empty()) {
      reported_error = code;
      snprintf(report, sizeof report, "%s", text.c_str());
    }
  }
  return code;
}

void set_seed(uint64_t seed) {
  std::lock_guard<std::recursive_mutex> lock(Streams::instance().mutex);
  Device::instance().seed = seed;
}

cudaError_t set_function_attribute(cudaFuncAttribute attribute, int value) {
  bool too_much = attribute == cudaFuncAttributeMaxDynamicSharedMemorySize &&
                  (value < 0 || static_cast<size_t>(value) > kMaxDynamicShared);
  return failed(too_much ? cudaErrorInvalidValue : cudaSuccess);
}

}  // namespace levin::emulator

using namespace levin::emulator;

namespace {

constexpr int kMajor = 9;
constexpr int kMinor = 0;
constexpr int kL2Bytes = 50 << 20;
constexpr int kResidentThreads = 2048;
constexpr size_t kSharedBytes = 49152;
constexpr size_t kReservedSharedBytes = 1024;

cudaError_t check_device(int device) {
  return failed(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

}  // namespace

extern "C" {

cudaError_t cudaGetLastError() {
  cudaError_t code = last_error;
  last_error = cudaSuccess;
  return code;
}

cudaError_t cudaPeekAtLastError() {
  return last_error;
}

const char* cudaGetErrorName(cudaError_t error) {
  return entry_of(error).name;
}

const char* cudaGetErrorString(cudaError_t error) {
  return error != cudaSuccess && error == reported_error ? report : entry_of(error).text;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return check_device(device);
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDeviceFlags(unsigned) {
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (check_device(device) != cudaSuccess) {
    return cudaErrorInvalidDevice;
  }
  *properties = cudaDeviceProp{};
  snprintf(properties->name, sizeof properties->name, "Levin's CUDA emulator");
  properties->totalGlobalMem = Heap::instance().total_bytes();
  properties->sharedMemPerBlock = kSharedBytes;
  properties->regsPerBlock = 65536;
  properties->warpSize = kWarp;
  properties->maxThreadsPerBlock = kMaxThreads;
  properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = kMaxThreads;
  properties->maxThreadsDim[2] = 64;
  properties->maxGridSize[0] = INT32_MAX;
  properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
  properties->major = kMajor;
  properties->minor = kMinor;
  properties->multiProcessorCount = Device::instance().threads();
  properties->l2CacheSize = kL2Bytes;
  properties->maxThreadsPerMultiProcessor = kResidentThreads;
  properties->sharedMemPerMultiprocessor = kMaxDynamicShared + kReservedSharedBytes;
  properties->sharedMemPerBlockOptin = kMaxDynamicShared;
  properties->reservedSharedMemPerBlock = kReservedSharedBytes;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (check_device(device) != cudaSuccess) {
    return cudaErrorInvalidDevice;
  }
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = kMaxThreads;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = kSharedBytes;
      break;
    case cudaDevAttrWarpSize:
      *value = kWarp;
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = Device::instance().threads();
      break;
    case cudaDevAttrIntegrated:
      *value = 0;
      break;
    case cudaDevAttrL2CacheSize:
      *value = kL2Bytes;
      break;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = kResidentThreads;
      break;
    case cudaDevAttrComputeCapabilityMajor:
      *value = kMajor;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = kMinor;
      break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = static_cast<int>(kMaxDynamicShared + kReservedSharedBytes);
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(kMaxDynamicShared);
      break;
    case cudaDevAttrMemoryPoolsSupported:
      *value = 1;
      break;
    default:
      return failed(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  Streams& streams = Streams::instance();
  std::lock_guard<std::recursive_mutex> lock(streams.mutex);
  return streams.forbidden_by_capture() ? failed(cudaErrorStreamCaptureUnsupported)
                                        : streams.drain_all();
}

cudaError_t cudaDeviceReset() {
  Streams& streams = Streams::instance();
  std::lock_guard<std::recursive_mutex> lock(streams.mutex);
  streams.drain_all();
  Heap::instance().release_all();
  last_error = cudaSuccess;
  return cudaSuccess;
}

}  // extern "C"
