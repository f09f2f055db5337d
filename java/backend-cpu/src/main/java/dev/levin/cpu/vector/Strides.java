package dev.levin.cpu.vector;

import dev.levin.core.DType;

/**
 * Bytes from block to block, as numbers the compiler does not know: were they constants, C2 would
 * rewrite each loop over blocks so as to hoist the range checks of its reads, at a hundred
 * instructions and more a row. As it is, it checks each read, which costs next to nothing.
 */
final class Strides {
  private static final long[] BYTES = new long[DType.values().length];

  static {
    for (DType dtype : DType.values()) {
      BYTES[dtype.ordinal()] = dtype.blockBytes();
    }
  }

  private static final long[] VECTOR = {Pairs.BYTES_OF_VECTOR};

  private Strides() {}

  /** Bytes of a vector of {@link Pairs}. */
  static long ofVector() {
    return VECTOR[0];
  }

  static long of(DType dtype) {
    return BYTES[dtype.ordinal()];
  }
}
