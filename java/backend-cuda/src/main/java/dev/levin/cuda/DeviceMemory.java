package dev.levin.cuda;

import dev.levin.core.DeviceException;
import dev.levin.core.Tensor;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The buffers of one context, from the device's stream-ordered pool. Thread-safe by the lock of the
 * stream: memory that another thread frees must not become a part of a graph being captured.
 */
final class DeviceMemory {
  private final ReentrantLock lock;
  private final long context;
  private final long stream;
  private final String deviceName;
  private final Set<CudaBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
  private long usedBytes;

  DeviceMemory(long context, long stream, String deviceName, ReentrantLock lock) {
    this.lock = lock;
    this.context = context;
    this.stream = stream;
    this.deviceName = deviceName;
  }

  /**
   * Zeroed memory.
   *
   * @throws DeviceException of kind OUT_OF_MEMORY that says what was asked and what is free
   */
  CudaBuffer allocate(long byteSize) {
    lock.lock();
    try {
      return allocateLocked(byteSize);
    } finally {
      lock.unlock();
    }
  }

  private CudaBuffer allocateLocked(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("cannot allocate " + byteSize + " bytes");
    }
    long[] address = new long[1];
    int status = Levin.levin_allocate(stream, byteSize, address);
    if (status == Levin.LEVIN_OUT_OF_MEMORY) {
      throw outOfMemory(byteSize);
    }
    Status.check(status, "allocating " + byteSize + " bytes");
    status = Levin.levin_fill(stream, address[0], 0, byteSize);
    if (status != Levin.LEVIN_OK) {
      Levin.levin_free(stream, address[0]);
      Status.check(status, "zeroing " + byteSize + " bytes");
    }
    CudaBuffer buffer = new CudaBuffer(this, address[0], byteSize);
    buffers.add(buffer);
    usedBytes += byteSize;
    return buffer;
  }

  private DeviceException outOfMemory(long asked) {
    String reason = Status.text();
    long[] free = new long[1];
    long[] total = new long[1];
    boolean known = Levin.levin_memory_info(context, free, total) == Levin.LEVIN_OK;
    return new DeviceException(
        DeviceException.Kind.OUT_OF_MEMORY,
        "CUDA device '%s' has no %d bytes: %sLevin holds %d; %s"
            .formatted(
                deviceName,
                asked,
                known ? "%d of %d are free, ".formatted(free[0], total[0]) : "",
                usedBytes,
                reason));
  }

  /** What the device has left, and what it has in all. */
  long left(double share) {
    long[] free = new long[1];
    long[] total = new long[1];
    Status.check(Levin.levin_memory_info(context, free, total), "asking for free memory");
    return MemoryShare.left(share, free[0], total[0]);
  }

  long usedBytes() {
    lock.lock();
    try {
      return usedBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The buffer under a tensor.
   *
   * @throws IllegalArgumentException for a tensor of another device
   */
  CudaBuffer bufferOf(String what, Tensor tensor) {
    if (tensor.buffer() instanceof CudaBuffer buffer && buffer.belongsTo(this)) {
      return buffer;
    }
    throw new IllegalArgumentException(
        "%s %s does not live on this CUDA device".formatted(what, tensor));
  }

  /** Frees a buffer's memory the first time it is asked to. */
  void release(CudaBuffer buffer, long address) {
    lock.lock();
    try {
      if (buffers.remove(buffer)) {
        usedBytes -= buffer.byteSize();
        Levin.levin_free(stream, address);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The lock is held. */
  void closeAll() {
    List<CudaBuffer> open = new ArrayList<>(buffers);
    open.forEach(CudaBuffer::close);
  }
}
