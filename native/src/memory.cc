// Device memory from the stream-ordered pool, pinned host memory, copies.
#include "handles.h"

using levin::native::enter;
using levin::native::guarded;
using levin::native::pointer;

namespace {

size_t size(int64_t bytes) {
  LEVIN_REQUIRE(bytes >= 0);
  return static_cast<size_t>(bytes);
}

#ifndef LEVIN_EMULATED
cudaMemPool_t pool_of(levin_context context) {
  cudaMemPool_t pool = nullptr;
  LEVIN_CUDA(cudaDeviceGetDefaultMemPool(&pool, context->device));
  return pool;
}

// Held by the pool and used by nobody: the driver does not count it as free, we can have it.
size_t idle_bytes(levin_context context) {
  cudaMemPool_t pool = pool_of(context);
  uint64_t reserved = 0;
  uint64_t used = 0;
  LEVIN_CUDA(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReservedMemCurrent, &reserved));
  LEVIN_CUDA(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
  return static_cast<size_t>(reserved - used);
}
#else
size_t idle_bytes(levin_context) { return 0; }
#endif

void copy(levin_stream stream, void* target, const void* source, int64_t bytes, cudaMemcpyKind kind) {
  const cudaStream_t on = enter(stream);
  const size_t count = size(bytes);
  if (count == 0) {
    return;
  }
  LEVIN_REQUIRE(target != nullptr && source != nullptr);
  LEVIN_CUDA(cudaMemcpyAsync(target, source, count, kind, on));
}

}  // namespace

extern "C" {

levin_status levin_memory_info(levin_context context, int64_t* free_bytes, int64_t* total_bytes) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(free_bytes != nullptr && total_bytes != nullptr);
    enter(context);
    size_t free = 0;
    size_t total = 0;
    LEVIN_CUDA(cudaMemGetInfo(&free, &total));
    *free_bytes = static_cast<int64_t>(free + idle_bytes(context));
    *total_bytes = static_cast<int64_t>(total);
  });
}

levin_status levin_allocate(levin_stream stream, int64_t bytes, uint64_t* address) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(address != nullptr);
    const cudaStream_t on = enter(stream);
    void* memory = nullptr;
    // Nothing has an address of its own too: 0 would be an absent tensor.
    LEVIN_CUDA(cudaMallocAsync(&memory, size(bytes) == 0 ? 1 : size(bytes), on));
    *address = reinterpret_cast<uintptr_t>(memory);
  });
}

levin_status levin_free(levin_stream stream, uint64_t address) {
  return guarded(__func__, [&] {
    const cudaStream_t on = enter(stream);
    if (address != 0) {
      LEVIN_CUDA(cudaFreeAsync(pointer(address), on));
    }
  });
}

levin_status levin_trim_pool(levin_context context) {
  return guarded(__func__, [&] {
    enter(context);
#ifndef LEVIN_EMULATED
    LEVIN_CUDA(cudaMemPoolTrimTo(pool_of(context), 0));
#endif
  });
}

levin_status levin_host_allocate(levin_context context, int64_t bytes, uint64_t* address) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(address != nullptr);
    enter(context);
    void* memory = nullptr;
    LEVIN_CUDA(cudaHostAlloc(&memory, size(bytes) == 0 ? 1 : size(bytes), cudaHostAllocDefault));
    *address = reinterpret_cast<uintptr_t>(memory);
  });
}

levin_status levin_host_free(levin_context context, uint64_t address) {
  return guarded(__func__, [&] {
    enter(context);
    if (address != 0) {
      LEVIN_CUDA(cudaFreeHost(pointer(address)));
    }
  });
}

levin_status levin_copy_to_device(levin_stream stream, uint64_t target, const void* source, int64_t bytes) {
  return guarded(__func__, [&] { copy(stream, pointer(target), source, bytes, cudaMemcpyHostToDevice); });
}

levin_status levin_copy_to_host(levin_stream stream, void* target, uint64_t source, int64_t bytes) {
  return guarded(__func__, [&] { copy(stream, target, pointer(source), bytes, cudaMemcpyDeviceToHost); });
}

levin_status levin_copy_on_device(levin_stream stream, uint64_t target, uint64_t source, int64_t bytes) {
  return guarded(__func__,
                 [&] { copy(stream, pointer(target), pointer(source), bytes, cudaMemcpyDeviceToDevice); });
}

levin_status levin_fill(levin_stream stream, uint64_t target, int32_t byte, int64_t bytes) {
  return guarded(__func__, [&] {
    const cudaStream_t on = enter(stream);
    if (size(bytes) > 0) {
      LEVIN_REQUIRE(target != 0);
      LEVIN_CUDA(cudaMemsetAsync(pointer(target), byte, size(bytes), on));
    }
  });
}

}  // extern "C"
