// What is behind the opaque handles of levin.h.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "guard.h"

struct levin_context_t {
  int32_t device;
};

struct levin_stream_t {
  levin_context context;
  cudaStream_t stream;
};

struct levin_event_t {
  levin_context context;
  cudaEvent_t event;
  bool timing;
  bool recorded;
};

struct levin_graph_t {
  levin_context context;
  cudaGraphExec_t exec;
  int64_t nodes;
};

namespace levin::native {

// The current device belongs to the calling thread, and callers may come on any.
inline void enter(levin_context context) {
  LEVIN_REQUIRE(context != nullptr);
  LEVIN_CUDA(cudaSetDevice(context->device));
}

inline cudaStream_t enter(levin_stream stream) {
  LEVIN_REQUIRE(stream != nullptr);
  enter(stream->context);
  return stream->stream;
}

inline void* pointer(uint64_t address) { return reinterpret_cast<void*>(static_cast<uintptr_t>(address)); }

}  // namespace levin::native
