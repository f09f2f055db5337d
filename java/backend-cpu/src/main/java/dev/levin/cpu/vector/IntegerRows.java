package dev.levin.cpu.vector;

import java.lang.foreign.MemorySegment;

/**
 * The kernels of a format; a row of weights begins at byte {@code at} of {@code w}.
 *
 * <p>They are alike and yet written out, unrolled and two rows at a time: past some size of a
 * method C2 inlines nothing but the Vector API's own methods, and a vector that a shared method
 * took or gave would become an object.
 */
interface IntegerRows {
  /** Floats that {@link #dot} leaves for a row. */
  int ROW_LANES = 2 * Pairs.COUNT;

  /** From here on {@link #dot} may leave what it likes in two vectors of the lanes. */
  int SCRATCH = PairWorker.MOST_ROWS * ROW_LANES;

  /**
   * Leaves the sums of the lanes of each row in {@code lanes}, and from the row's lane {@link
   * Pairs#COUNT} on those of the products with minima, where the format has them. Many rows at
   * once: what goes before a loop over a row costs as much as a block and more.
   *
   * @param stride bytes from row to row
   * @param token which row of the activations
   */
  void dot(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      IntegerActivations x,
      int token,
      float[] lanes);

  /** Unpacks a row as row {@code r}. */
  void unpack(MemorySegment w, long at, UnpackedRows to, int r);
}
