package dev.levin.cuda;

import dev.levin.core.Buffer;

/** Memory of one device. Closing it waits for nothing: what was queued before may still use it. */
final class CudaBuffer implements Buffer {
  private final DeviceMemory memory;
  private final long address;
  private final long byteSize;
  private volatile boolean open = true;

  CudaBuffer(DeviceMemory memory, long address, long byteSize) {
    this.memory = memory;
    this.address = address;
    this.byteSize = byteSize;
  }

  /** Where it starts on the device. */
  long address() {
    requireOpen();
    return address;
  }

  void requireOpen() {
    if (!open) {
      throw new IllegalStateException("the buffer of " + byteSize + " bytes is closed");
    }
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
    return open;
  }

  @Override
  public void close() {
    open = false;
    memory.release(this, address);
  }
}
