package dev.levin.cpu.vector;

import java.lang.foreign.MemorySegment;

/** The kernels of a format; a row of weights begins at byte {@code at} of {@code w}. */
interface IntegerRows {
  /**
   * Leaves the sums of the lanes in {@code lanes}, and from lane 16 on those of the products with
   * minima, where the format has them.
   *
   * @param token which row of the activations
   */
  void dot(MemorySegment w, long at, IntegerActivations x, int token, float[] lanes);

  /** Unpacks a row as row {@code r}. */
  void unpack(MemorySegment w, long at, UnpackedRows to, int r);
}
