package dev.levin.cpu.vector;

import dev.levin.core.DType;

/**
 * Numbers the compiler does not know to be constant, for what C2 does to those it knows.
 *
 * <p>Distances: a loop over blocks a constant apart it rewrites so as to hoist the range checks of
 * its reads, at a hundred instructions and more a row. As it is, it checks each read, which costs
 * next to nothing.
 *
 * <p>Counts by which shorts are shifted: a constant it would bring into a register of its own
 * before each shift, and mostly in the loop.
 */
final class Opaque {
  private static final long[] BLOCK_BYTES = new long[DType.values().length];

  static {
    for (DType dtype : DType.values()) {
      BLOCK_BYTES[dtype.ordinal()] = dtype.blockBytes();
    }
  }

  private static final long[] UNIT_BYTES = {2L * Pairs.BYTES_OF_VECTOR};
  private static final int[] BITS = {2, 4, 8};

  private Opaque() {}

  static long blockBytes(DType dtype) {
    return BLOCK_BYTES[dtype.ordinal()];
  }

  /** Bytes of the pairs of a unit. */
  static long unitBytes() {
    return UNIT_BYTES[0];
  }

  /** Bytes of a vector of {@link Pairs}. */
  static long vectorBytes() {
    return UNIT_BYTES[0] / 2;
  }

  static int two() {
    return BITS[0];
  }

  static int four() {
    return BITS[1];
  }

  static int eight() {
    return BITS[2];
  }
}
