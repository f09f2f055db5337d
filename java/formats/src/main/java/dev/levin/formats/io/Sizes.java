package dev.levin.formats.io;

import dev.levin.core.DType;

/** Arithmetic on sizes that a file claims. */
public final class Sizes {
  /** What {@link #tensorBytes} answers when the size does not fit into 63 bits. */
  public static final long OVERFLOW = -1;

  private Sizes() {}

  /**
   * Bytes of a contiguous tensor, 0 when a dimension is 0, or {@link #OVERFLOW} when any stride or
   * the size would not fit.
   *
   * @param dims outermost first, none negative, the last a multiple of the block size
   */
  public static long tensorBytes(DType dtype, long[] dims) {
    boolean empty = false;
    long bytes = dtype.blockBytes();
    for (int i = 0; i < dims.length; i++) {
      boolean last = i == dims.length - 1;
      long count = last ? dims[i] / dtype.blockValues() : dims[i];
      empty |= count == 0;
      long factor = Math.max(count, 1);
      if (bytes > Long.MAX_VALUE / factor) {
        return OVERFLOW;
      }
      bytes *= factor;
    }
    return empty ? 0 : bytes;
  }

  /** {@code position} rounded up to a multiple of {@code alignment}, a power of two. */
  public static long align(long position, long alignment) {
    return (position + alignment - 1) & -alignment;
  }
}
