package dev.levin.opencl;

import static org.jocl.CL.CL_MEM_READ_WRITE;

import dev.levin.core.DeviceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_mem;

/** The buffers of one context and how many bytes they take. Thread-safe. */
final class DeviceMemory {
  private final OpenClDevice device;
  private final cl_context context;
  private final cl_command_queue queue;
  private final Set<ClBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
  private long usedBytes;

  DeviceMemory(OpenClDevice device, cl_context context, cl_command_queue queue) {
    this.device = device;
    this.context = context;
    this.queue = queue;
  }

  /**
   * Zeroed memory.
   *
   * @throws DeviceException of kind OUT_OF_MEMORY that says what was asked and what is free
   */
  synchronized ClBuffer allocate(long byteSize) {
    ClBuffer buffer = allocateUnset(byteSize);
    long held = Math.max(1, byteSize);
    try {
      CL.clEnqueueFillBuffer(
          queue, buffer.handle(), Pointer.to(new byte[] {0}), 1, 0, held, 0, null, null);
    } catch (CLException e) {
      buffer.close();
      throw failure(byteSize, e);
    }
    return buffer;
  }

  /** As {@link #allocate}, with whatever was in memory: for what is written as a whole. */
  synchronized ClBuffer allocateUnset(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("cannot allocate " + byteSize + " bytes");
    }
    if (byteSize > freeBytes()) {
      throw outOfMemory(byteSize, room(), null);
    }
    if (byteSize > device.maxAllocationBytes()) {
      throw outOfMemory(
          byteSize, room() + ", one buffer may have " + device.maxAllocationBytes(), null);
    }
    cl_mem handle;
    try {
      handle = CL.clCreateBuffer(context, CL_MEM_READ_WRITE, Math.max(1, byteSize), null, null);
    } catch (CLException e) {
      throw failure(byteSize, e);
    }
    Handles.opened();
    ClBuffer buffer = new ClBuffer(this, handle, byteSize);
    buffers.add(buffer);
    usedBytes += byteSize;
    return buffer;
  }

  private long freeBytes() {
    return device.info().memoryBytes() - usedBytes;
  }

  private String room() {
    return freeBytes() + " of " + device.info().memoryBytes() + " are free";
  }

  private DeviceException failure(long byteSize, CLException e) {
    return Failures.isOutOfMemory(e)
        ? outOfMemory(byteSize, room() + " as far as Levin knows", e)
        : Failures.of("allocating " + byteSize + " bytes", e);
  }

  private DeviceException outOfMemory(long asked, String room, CLException cause) {
    return new DeviceException(
        DeviceException.Kind.OUT_OF_MEMORY,
        "OpenCL device '%s' has no %d bytes: %s".formatted(device.info().name(), asked, room),
        cause);
  }

  synchronized long usedBytes() {
    return usedBytes;
  }

  synchronized void release(ClBuffer buffer, cl_mem handle) {
    if (buffers.remove(buffer)) {
      usedBytes -= buffer.byteSize();
      CL.clReleaseMemObject(handle);
      Handles.released();
    }
  }

  synchronized void closeAll() {
    List<ClBuffer> open = new ArrayList<>(buffers);
    open.forEach(ClBuffer::close);
  }
}
