package dev.levin.cpu.nativetwin;

import dev.levin.core.HostBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that grows on demand and keeps nothing of what it held. */
final class NativeMemory {
  private MemorySegment segment = MemorySegment.NULL;

  /** The address of at least {@code bytes} bytes, aligned to a cache line. */
  long ensure(long bytes) {
    if (segment.byteSize() < Math.max(1, bytes)) {
      long larger = Math.max(bytes, segment.byteSize() + segment.byteSize() / 2);
      segment = Arena.ofAuto().allocate(Math.max(1, larger), HostBuffer.ALIGNMENT_BYTES);
    }
    return segment.address();
  }

  MemorySegment segment() {
    return segment;
  }

  long address() {
    return segment.address();
  }
}
