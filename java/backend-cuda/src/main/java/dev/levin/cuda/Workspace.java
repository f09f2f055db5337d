package dev.levin.cuda;

/** Scratch memory that the ops of one stream share, one after another. Grows, never shrinks. */
final class Workspace {
  private final DeviceMemory memory;
  private CudaBuffer buffer;
  private int generation;

  Workspace(DeviceMemory memory) {
    this.memory = memory;
  }

  /** Makes room; what was queued on the old memory may still run on it. */
  void ensure(long bytes) {
    if (bytes > 0 && (buffer == null || buffer.byteSize() < bytes)) {
      CudaBuffer larger = memory.allocate(buffer == null ? bytes : Math.max(bytes, grown()));
      if (buffer != null) {
        buffer.close();
      }
      buffer = larger;
      generation++;
    }
  }

  private long grown() {
    return buffer.byteSize() + buffer.byteSize() / 2;
  }

  long address() {
    return buffer == null ? 0 : buffer.address();
  }

  long byteSize() {
    return buffer == null ? 0 : buffer.byteSize();
  }

  /** Changes with the address. */
  int generation() {
    return generation;
  }
}
