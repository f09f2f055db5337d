package dev.levin.opencl;

import dev.levin.core.Buffer;
import org.jocl.cl_mem;

/** Memory of one OpenCL context. Closing it while kernels use it waits for nothing: it is kept. */
final class ClBuffer implements Buffer {
  private final DeviceMemory memory;
  private final cl_mem handle;
  private final long byteSize;
  private boolean open = true;

  ClBuffer(DeviceMemory memory, cl_mem handle, long byteSize) {
    this.memory = memory;
    this.handle = handle;
    this.byteSize = byteSize;
  }

  cl_mem handle() {
    if (!isOpen()) {
      throw new IllegalStateException("the buffer of " + byteSize + " bytes is closed");
    }
    return handle;
  }

  boolean belongsTo(DeviceMemory other) {
    return memory == other;
  }

  @Override
  public long byteSize() {
    return byteSize;
  }

  @Override
  public boolean isOpen() {
    synchronized (memory) {
      return open;
    }
  }

  @Override
  public void close() {
    synchronized (memory) {
      if (open) {
        open = false;
        memory.release(this, handle);
      }
    }
  }
}
