package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Finds the kernels of {@link IntegerRows} by dtype. */
final class IntegerDots {
  /** Bytes of a block by dtype; not constants to the compiler, see {@link IntegerRows}. */
  private static final long[] STEPS = new long[DType.values().length];

  static {
    for (DType dtype : DType.values()) {
      STEPS[dtype.ordinal()] = dtype.blockBytes();
    }
  }

  private IntegerDots() {}

  /**
   * {@code out[o0], out[o1] = w0 . x, w1 . x}, minima not yet subtracted.
   *
   * @param row which row of the activations
   */
  static void dot(
      DType dtype,
      MemorySegment w,
      long w0,
      long w1,
      IntegerActivations x,
      int row,
      float[] out,
      int o0,
      int o1) {
    long step = STEPS[dtype.ordinal()];
    switch (dtype) {
      case Q4_0 -> IntegerRows.dotQ40(w, w0, w1, step, x, row, out, o0, o1);
      case Q4_1 -> IntegerRows.dotQ41(w, w0, w1, step, x, row, out, o0, o1);
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }

  /** What is subtracted in each group of a row for every unit of activation. */
  static void minima(DType dtype, MemorySegment w, long at, int k, float[] minima, int to) {
    long step = STEPS[dtype.ordinal()];
    switch (dtype) {
      case Q4_1 -> IntegerRows.minimaQ41(w, at + 2, step, k / 32, minima, to);
      default -> throw new IllegalArgumentException(dtype + " has no minima");
    }
  }

  /** A row for {@link IntegerTiles}: its codes in pairs and the scales of its groups. */
  static void unpack(
      DType dtype,
      MemorySegment w,
      long at,
      int k,
      int[] pairs,
      int pairsAt,
      float[] scales,
      int scalesAt) {
    long step = STEPS[dtype.ordinal()];
    switch (dtype) {
      case Q4_0 -> {
        IntegerRows.scales(w, at, step, k / 32, scales, scalesAt);
        IntegerRows.unpackNibbles(w, at + 2, step, k / 32, 8, pairs, pairsAt);
      }
      case Q4_1 -> {
        IntegerRows.scales(w, at, step, k / 32, scales, scalesAt);
        IntegerRows.unpackNibbles(w, at + 4, step, k / 32, 0, pairs, pairsAt);
      }
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }
}
