package dev.levin.cpu.vector;

import java.lang.foreign.MemorySegment;

/**
 * The kernels of a format of {@link BlockKernels}; a row of weights begins at byte {@code at} of
 * {@code w}. Vectors of pairs and of their scales are those of {@link BlockActivations}.
 */
interface BlockPairs {
  /**
   * Leaves the sums of the lanes of each row in {@code lanes}.
   *
   * @param stride bytes from row to row
   * @param token which row of the activations
   */
  void dot(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      BlockActivations x,
      int token,
      float[] lanes);

  /**
   * Unpacks a row.
   *
   * @param pairs where its vectors of weights go, two a unit, from byte {@code to} on
   * @param scales where the scales of their lanes go, a vector a unit, from half that byte on
   */
  void unpack(
      MemorySegment w, long at, int units, MemorySegment pairs, MemorySegment scales, long to);
}
