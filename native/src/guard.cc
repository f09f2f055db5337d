#include "guard.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace levin::native {
namespace {

constexpr size_t kTextBytes = 2048;

// Fixed memory: an error about memory must not need any.
thread_local char last_error[kTextBytes];

levin_status status_of(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return LEVIN_OK;
    case cudaErrorMemoryAllocation:
      return LEVIN_OUT_OF_MEMORY;
    case cudaErrorInsufficientDriver:
    case cudaErrorInitializationError:
      return LEVIN_NO_DRIVER;
    case cudaErrorInvalidValue:
    case cudaErrorInvalidDevice:
    case cudaErrorInvalidResourceHandle:
      return LEVIN_INVALID_ARGUMENT;
    case cudaErrorNotSupported:
      return LEVIN_UNSUPPORTED;
#ifndef LEVIN_EMULATED
    // After these the driver refuses everything; an emulated device goes on.
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
    case cudaErrorDevicesUnavailable:
      return LEVIN_DEVICE_LOST;
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return LEVIN_UNSUPPORTED;
#endif
    default:
      return LEVIN_INTERNAL;
  }
}

}  // namespace

void fail(levin_status status, const char* format, ...) {
  char text[kTextBytes];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  throw Failure{status, text};
}

void check_cuda(cudaError_t error, const char* call, const char* file, int line) {
  if (error == cudaSuccess) {
    return;
  }
  const char* slash = strrchr(file, '/');
  const char* open = strchr(call, '(');
  const int name_length = static_cast<int>(open == nullptr ? strlen(call) : static_cast<size_t>(open - call));
  char text[kTextBytes];
  snprintf(text, sizeof text, "%.*s: %s (%d, %s) at %s:%d", name_length, call, cudaGetErrorString(error),
           static_cast<int>(error), cudaGetErrorName(error), slash == nullptr ? file : slash + 1, line);
  cudaGetLastError();
  throw Failure{status_of(error), text};
}

void remember(const std::string& text) noexcept {
  const size_t length = text.size() < kTextBytes ? text.size() : kTextBytes - 1;
  memcpy(last_error, text.data(), length);
  last_error[length] = '\0';
}

const char* remembered() noexcept { return last_error; }

}  // namespace levin::native
