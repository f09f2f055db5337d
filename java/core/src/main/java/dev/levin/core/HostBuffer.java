package dev.levin.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Off-heap memory of this process: an allocation or a mapped file. The segment is always a native
 * one whatever its origin, because kernels that see two kinds of segment at one call site lose
 * their inlined access paths.
 */
public final class HostBuffer implements Buffer {
  /** Wide enough for a cache line and for the widest vector. */
  public static final int ALIGNMENT_BYTES = 64;

  private final Arena arena;
  private final boolean owned;
  private final MemorySegment segment;
  private final boolean constant;

  private HostBuffer(Arena arena, boolean owned, MemorySegment segment, boolean constant) {
    this.arena = arena;
    this.owned = owned;
    this.segment = segment;
    this.constant = constant;
  }

  /**
   * Zeroed memory that {@link #close()} frees. The operating system hands out pages as they are
   * first touched, so a large cache costs what is used of it.
   */
  public static HostBuffer allocate(long byteSize) {
    if (byteSize < 0) {
      throw new IllegalArgumentException("cannot allocate " + byteSize + " bytes");
    }
    Arena arena = Arena.ofShared();
    try {
      return new HostBuffer(
          arena, true, ZeroedMemory.allocate(byteSize, ALIGNMENT_BYTES, arena), false);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Memory that lives as long as {@code arena}, for example a mapped file; {@link #close()} leaves
   * it alone. To wrap a read-only segment is to promise that its memory does not change.
   */
  @SuppressWarnings("restricted")
  public static HostBuffer wrap(MemorySegment segment, Arena arena) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("a host buffer needs an off-heap segment");
    }
    MemorySegment plain =
        MemorySegment.ofAddress(segment.address()).reinterpret(segment.byteSize(), arena, null);
    return new HostBuffer(arena, false, plain, segment.isReadOnly());
  }

  /** The segment behind a tensor that lives in host memory. */
  public static MemorySegment segmentOf(Tensor tensor) {
    if (tensor.buffer() instanceof HostBuffer host) {
      return host.segment();
    }
    throw new IllegalArgumentException(tensor + " does not live in host memory");
  }

  public MemorySegment segment() {
    if (!isOpen()) {
      throw new IllegalStateException("host buffer is closed");
    }
    return segment;
  }

  /**
   * Whether what it wraps was read-only: then nobody writes to it in another way either, and
   * kernels may keep what they made of it.
   */
  public boolean isConstant() {
    return constant;
  }

  @Override
  public long byteSize() {
    return segment.byteSize();
  }

  @Override
  public boolean isOpen() {
    return arena.scope().isAlive();
  }

  @Override
  public void close() {
    if (owned && isOpen()) {
      arena.close();
    }
  }
}
