package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Finds the kernels of {@link IntegerRows} and {@link IntegerKRows} by dtype. */
final class IntegerDots {
  private IntegerDots() {}

  /** Whether two rows are multiplied at once. */
  static boolean inTwos(DType dtype) {
    return dtype == DType.Q4_0 || dtype == DType.Q4_1;
  }

  /**
   * Products of the lanes of {@code w0 . x} and, behind them, of {@code w1 . x}, minima not yet
   * subtracted.
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
      float[] lanes) {
    long step = Strides.of(dtype);
    switch (dtype) {
      case Q4_0 -> IntegerRows.dotQ40(w, w0, w1, step, x, row, lanes);
      case Q4_1 -> IntegerRows.dotQ41(w, w0, w1, step, x, row, lanes);
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }

  /**
   * Products of the lanes of {@code w . x}, minima not yet subtracted.
   *
   * @param scales of the row's groups times those of x, where the former do not lie beside codes
   */
  static void dot(
      DType dtype,
      MemorySegment w,
      long at,
      IntegerActivations x,
      int row,
      float[] scales,
      float[] lanes) {
    long step = Strides.of(dtype);
    int xAt = row * (x.k / 2);
    switch (dtype) {
      case MXFP4 -> IntegerRows.dotMxfp4(w, at, step, x, row, lanes);
      case Q4_K -> IntegerKRows.dotQ4(w, at, x.pairs, xAt, x.k, scales, lanes);
      case Q5_K -> IntegerKRows.dotQ5(w, at, x.pairs, xAt, x.k, scales, lanes);
      case Q6_K -> IntegerKRows.dotQ6(w, at, x.pairs, xAt, x.k, scales, lanes);
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }

  /**
   * The scale of each group of a row and, where the format has them, its minima: what is subtracted
   * for every unit of activation.
   *
   * @param bytes room for eight
   */
  static void scales(
      DType dtype,
      MemorySegment w,
      long at,
      int k,
      byte[] bytes,
      float[] scales,
      int to,
      float[] minima,
      int minimaTo) {
    long step = Strides.of(dtype);
    int blocks = k / dtype.blockValues();
    switch (dtype) {
      case Q4_0 -> IntegerRows.scales(w, at, step, blocks, scales, to);
      case Q4_1 -> {
        IntegerRows.scales(w, at, step, blocks, scales, to);
        IntegerRows.minimaQ41(w, at + 2, step, blocks, minima, minimaTo);
      }
      case Q4_K, Q5_K ->
          IntegerKRows.scales45(w, at, step, blocks, bytes, scales, to, minima, minimaTo);
      case Q6_K -> IntegerKRows.scales6(w, at, step, blocks, bytes, scales, to);
      case MXFP4 -> IntegerRows.powersOfTwo(w, at, step, blocks, scales, to);
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }

  /** The codes of a row for {@link IntegerTiles}. */
  static void unpack(DType dtype, MemorySegment w, long at, int k, int[] pairs, int to) {
    long step = Strides.of(dtype);
    switch (dtype) {
      case Q4_0 -> IntegerRows.unpackNibbles(w, at + 2, step, k / 32, 8, pairs, to);
      case Q4_1 -> IntegerRows.unpackNibbles(w, at + 4, step, k / 32, 0, pairs, to);
      case Q4_K -> IntegerKRows.unpackQ4(w, at, k, pairs, to);
      case Q5_K -> IntegerKRows.unpackQ5(w, at, k, pairs, to);
      case Q6_K -> IntegerKRows.unpackQ6(w, at, k, pairs, to);
      case MXFP4 -> IntegerRows.unpackMxfp4(w, at, step, k / 32, pairs, to);
      default -> throw new IllegalArgumentException(dtype + " has no integer kernel");
    }
  }
}
