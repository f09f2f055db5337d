// What every entry point shares: one try around its body, errors as values with a text, the current device.
#pragma once

#include <cuda_runtime.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "levin/levin.h"

namespace levin::native {

// Thrown within an entry point and nowhere else.
struct Failure {
  levin_status status;
  std::string text;
};

[[noreturn]] __attribute__((format(printf, 2, 3))) void fail(levin_status status, const char* format, ...);

// Throws what a failed call of CUDA means; the error does not stay behind to be reported again.
void check_cuda(cudaError_t error, const char* call, const char* file, int line);

// Leaves a text for levin_last_error().
void remember(const std::string& text) noexcept;
const char* remembered() noexcept;

// The status of a body that may throw.
template <typename Body>
levin_status guarded(const char* entry, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return LEVIN_OK;
  } catch (const Failure& failure) {
    try {
      // A missing driver is no fault of the entry that noticed.
      remember(failure.status == LEVIN_NO_DRIVER ? failure.text : std::string(entry) + ": " + failure.text);
    } catch (...) {
      remember({});
    }
    return failure.status;
  } catch (const std::bad_alloc&) {
    remember("out of host memory");
    return LEVIN_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    remember(e.what());
    return LEVIN_INTERNAL;
  } catch (...) {
    remember("an unknown exception");
    return LEVIN_INTERNAL;
  }
}

}  // namespace levin::native

#define LEVIN_CUDA(call) ::levin::native::check_cuda((call), #call, __FILE__, __LINE__)

#define LEVIN_REQUIRE(condition)                                                     \
  do {                                                                               \
    if (!(condition)) {                                                              \
      ::levin::native::fail(LEVIN_INVALID_ARGUMENT, "%s does not hold", #condition); \
    }                                                                                \
  } while (0)
