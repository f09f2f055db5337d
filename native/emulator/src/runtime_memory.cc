/* The runtime API: memory and copies. */
#include <cstring>

#include "heap.h"
#include "stream.h"

namespace levin::emulator {

namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

cudaError_t allocate(void** pointer, size_t bytes, bool host) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (streams.forbidden_by_capture()) {
    return failed(cudaErrorStreamCaptureUnsupported);
  }
  *pointer = bytes == 0 ? nullptr : Heap::instance().allocate(bytes, host);
  return failed(bytes != 0 && *pointer == nullptr ? cudaErrorMemoryAllocation : cudaSuccess);
}

cudaError_t release(void* pointer) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (pointer == nullptr) {
    return cudaSuccess;
  }
  if (streams.forbidden_by_capture()) {
    return failed(cudaErrorStreamCaptureUnsupported);
  }
  cudaError_t pending = streams.drain_all();
  if (!Heap::instance().release(pointer)) {
    return failed(cudaErrorInvalidValue);
  }
  return pending;
}

/* The device's side of a copy must lie in one allocation; the host's may be any memory. */
bool valid_side(const void* pointer, size_t bytes, bool device) {
  Heap& heap = Heap::instance();
  return heap.contains(pointer) ? heap.accessible(pointer, bytes) : !device;
}

struct Rectangle {
  void* to;
  size_t to_pitch;
  const void* from;
  size_t from_pitch;
  size_t row_bytes;
  size_t rows;
};

void copy(const Rectangle& r) {
  for (size_t row = 0; row < r.rows; ++row) {
    std::memmove(static_cast<char*>(r.to) + row * r.to_pitch,
                 static_cast<const char*>(r.from) + row * r.from_pitch, r.row_bytes);
  }
}

cudaError_t copy_async(const Rectangle& r, cudaMemcpyKind kind, cudaStream_t handle) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  LevinEmulatedStream* stream = streams.find(handle);
  if (stream == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return failed(cudaErrorInvalidMemcpyDirection);
  }
  if (r.row_bytes == 0 || r.rows == 0) {
    return cudaSuccess;
  }
  bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  for (size_t row = 0; row < r.rows; ++row) {
    if (!valid_side(static_cast<char*>(r.to) + row * r.to_pitch, r.row_bytes, to_device) ||
        !valid_side(static_cast<const char*>(r.from) + row * r.from_pitch, r.row_bytes, from_device)) {
      return failed(cudaErrorInvalidValue);
    }
  }
  if (!Heap::instance().contains(r.from) && stream->capture == nullptr) {
    /* Pageable memory has been read when the call returns, as on a device. */
    auto staged = std::make_shared<std::vector<char>>(r.row_bytes * r.rows);
    copy({staged->data(), r.row_bytes, r.from, r.from_pitch, r.row_bytes, r.rows});
    Rectangle from_staged = r;
    from_staged.from = staged->data();
    from_staged.from_pitch = r.row_bytes;
    cudaError_t code = streams.submit(*stream, {[staged, from_staged] {
                                                  copy(from_staged);
                                                  return Failure{};
                                                },
                                                false});
    if (code != cudaSuccess || Heap::instance().contains(r.to)) {
      return failed(code);
    }
  } else {
    cudaError_t code = streams.submit(*stream, {[r] {
                                                  copy(r);
                                                  return Failure{};
                                                },
                                                false});
    if (code != cudaSuccess || Heap::instance().contains(r.to) || stream->capture != nullptr) {
      return failed(code);
    }
  }
  /* Pageable memory has been written when the call returns. */
  streams.drain(*stream);
  return streams.take_failure(*stream);
}

}  // namespace

cudaError_t allocate_device(void** pointer, size_t bytes) {
  return allocate(pointer, bytes, false);
}

cudaError_t allocate_host(void** pointer, size_t bytes) {
  return allocate(pointer, bytes, true);
}

}  // namespace levin::emulator

using namespace levin::emulator;

extern "C" {

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream) {
  if (Streams::instance().find(stream) == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  return allocate_device(pointer, bytes);
}

cudaError_t cudaFree(void* pointer) {
  return release(pointer);
}

cudaError_t cudaFreeHost(void* pointer) {
  return release(pointer);
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t handle) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  LevinEmulatedStream* stream = streams.find(handle);
  if (stream == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  if (pointer == nullptr) {
    return cudaSuccess;
  }
  return failed(streams.submit(*stream, {[pointer] {
                                           bool known = Heap::instance().release(pointer);
                                           return known ? Failure{} : Failure{cudaErrorInvalidValue, {}};
                                         },
                                         true}));
}

cudaError_t cudaHostRegister(void*, size_t, unsigned) {
  return cudaSuccess;
}

cudaError_t cudaHostUnregister(void*) {
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  *free_bytes = Heap::instance().free_bytes();
  *total_bytes = Heap::instance().total_bytes();
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  Heap& heap = Heap::instance();
  void* plain = const_cast<void*>(pointer);
  if (!heap.contains(pointer) || !heap.accessible(pointer, 1)) {
    *attributes = {cudaMemoryTypeUnregistered, -1, nullptr, plain};
  } else if (heap.extent_near(pointer).host) {
    *attributes = {cudaMemoryTypeHost, 0, plain, plain};
  } else {
    *attributes = {cudaMemoryTypeDevice, 0, plain, nullptr};
  }
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return copy_async({to, bytes, from, bytes, bytes, 1}, kind, stream);
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t row_bytes, size_t rows, cudaMemcpyKind kind,
                              cudaStream_t stream) {
  if (row_bytes > to_pitch || row_bytes > from_pitch) {
    return failed(cudaErrorInvalidValue);
  }
  return copy_async({to, to_pitch, from, from_pitch, row_bytes, rows}, kind, stream);
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (streams.forbidden_by_capture()) {
    return failed(cudaErrorStreamCaptureImplicit);
  }
  cudaError_t code = cudaMemcpyAsync(to, from, bytes, kind, nullptr);
  return code == cudaSuccess ? cudaStreamSynchronize(nullptr) : code;
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t handle) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  LevinEmulatedStream* stream = streams.find(handle);
  if (stream == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  if (bytes == 0) {
    return cudaSuccess;
  }
  if (!valid_side(to, bytes, true)) {
    return failed(cudaErrorInvalidValue);
  }
  return failed(streams.submit(*stream, {[=] {
                                           std::memset(to, value, bytes);
                                           return Failure{};
                                         },
                                         false}));
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (streams.forbidden_by_capture()) {
    return failed(cudaErrorStreamCaptureImplicit);
  }
  cudaError_t code = cudaMemsetAsync(to, value, bytes, nullptr);
  return code == cudaSuccess ? cudaStreamSynchronize(nullptr) : code;
}

}  // extern "C"
