package dev.levin.cpu.vector;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The order in which weight rows meet activations. Few activations are multiplied in registers with
 * rows as they lie; for more, rows are unpacked once.
 *
 * @param <A> the activations of the kernels
 */
abstract class PairWorker<A extends PairActivations> implements EncodedKernels.Worker {
  /** Most rows of a call of {@link #dot}. */
  static final int MOST_ROWS = 128;

  /** Most weight rows that are unpacked at a time. */
  static final int MOST_UNPACKED = 64;

  /** Activation rows of the larger tile. */
  static final int TILE = 4;

  /** Bytes of the pairs of a unit. */
  static final long UNIT_BYTES = 2L * Pairs.BYTES_OF_VECTOR;

  /** Fewest activation rows for which weights are unpacked. */
  private static final int UNPACK = 4;

  /** Units of unpacked weights that a worker keeps in its level-2 cache: 64 Ki values. */
  private static final int UNPACKED_UNITS = (1 << 16) / Pairs.UNIT;

  private final Class<A> type;
  private MemorySegment padded = MemorySegment.NULL;

  PairWorker(Class<A> type) {
    this.type = type;
  }

  /** Leaves the products of some weight rows with an activation row in {@code out}. */
  abstract void dot(
      A x, MemorySegment w, long at, long stride, int rows, int row, float[] out, int outAt);

  /** Makes room for as many unpacked rows. */
  abstract void reserve(A x, int rows);

  /** Unpacks a weight row as row {@code r}. */
  abstract void unpack(A x, MemorySegment w, long at, int r);

  /**
   * Leaves the products of {@code count} unpacked rows with {@code tokens} activation rows in
   * {@code out}.
   *
   * @param tokens {@link #TILE} or 1
   */
  abstract void multiplyTile(
      A x, int count, int row, int tokens, float[] out, int outAt, int outStride);

  @Override
  public final void multiply(
      EncodedKernels.Activations activations,
      MemorySegment weight,
      long at,
      long rowStride,
      int weightRows,
      int[] rows,
      int from,
      int to,
      float[] out,
      int outStride) {
    A x = type.cast(activations);
    if (to - from < UNPACK) {
      for (int i = from; i < to; i++) {
        multiplyRow(x, weight, at, rowStride, weightRows, rows[i], out, (i - from) * outStride);
      }
    } else {
      multiplyRows(x, weight, at, rowStride, weightRows, rows, from, to, out, outStride);
    }
    for (int i = from; i < to; i++) {
      mend(x, weight, at, rowStride, weightRows, rows[i], out, (i - from) * outStride);
    }
  }

  private void multiplyRows(
      A x,
      MemorySegment weight,
      long at,
      long rowStride,
      int weightRows,
      int[] rows,
      int from,
      int to,
      float[] out,
      int outStride) {
    int block = Math.clamp(UNPACKED_UNITS / x.units, 2, MOST_UNPACKED) & ~1;
    reserve(x, block);
    for (int r = 0; r < weightRows; r += block) {
      int count = Math.min(block, weightRows - r);
      for (int i = 0; i < count; i++) {
        long rowAt = at + (r + i) * rowStride;
        boolean readable = readable(x, weight, rowAt);
        unpack(x, readable ? weight : padded(x, weight, rowAt), readable ? rowAt : 0, i);
      }
      for (int i = from; i < to; ) {
        int tokens = i + TILE <= to && inOrder(rows, i) ? TILE : 1;
        multiplyTile(x, count, rows[i], tokens, out, r + (i - from) * outStride, outStride);
        i += tokens;
      }
    }
  }

  private void multiplyRow(
      A x,
      MemorySegment weight,
      long at,
      long rowStride,
      int weightRows,
      int row,
      float[] out,
      int outAt) {
    for (int r = 0; r < weightRows; ) {
      int count = Math.min(MOST_ROWS, weightRows - r);
      long first = at + r * rowStride;
      while (count > 1 && !readable(x, weight, first + (count - 1) * rowStride)) {
        count = readable(x, weight, first) ? count - 1 : 1;
      }
      if (readable(x, weight, first)) {
        dot(x, weight, first, rowStride, count, row, out, outAt + r);
      } else {
        dot(x, padded(x, weight, first), 0, 0, 1, row, out, outAt + r);
      }
      r += count;
    }
  }

  /**
   * Computes products anew that infinite scales have left without a number: as integers values were
   * added before a scale met them, so that neither signs nor zeros came through.
   */
  private static void mend(
      PairActivations x,
      MemorySegment weight,
      long at,
      long rowStride,
      int weightRows,
      int row,
      float[] out,
      int outAt) {
    if (Float.isNaN(x.rowScales[row])) {
      return;
    }
    for (int r = 0; r < weightRows; r++) {
      if (!Float.isFinite(out[outAt + r])) {
        PairDots.of(x.dtype)
            .dot(
                weight, at + r * rowStride, rowStride, 1, x.floats, row * x.k, x.k, out, outAt + r);
      }
    }
  }

  /** Whether kernels may read a row where it lies. */
  private static boolean readable(PairActivations x, MemorySegment weight, long at) {
    return x.inPlace && at + x.dtype.rowBytes(x.k) + x.overrun <= weight.byteSize();
  }

  /** A copy of a row with zeros behind it. */
  private MemorySegment padded(PairActivations x, MemorySegment weight, long at) {
    long bytes = x.dtype.rowBytes(x.k);
    long room = x.dtype.rowBytes(x.units * Pairs.UNIT) + x.overrun;
    if (padded.byteSize() < room) {
      padded = Arena.ofAuto().allocate(room);
    }
    MemorySegment.copy(weight, at, padded, 0, bytes);
    padded.asSlice(bytes).fill((byte) 0);
    return padded;
  }

  /** A tile reads its activations at one distance. */
  private static boolean inOrder(int[] rows, int i) {
    for (int j = 1; j < TILE; j++) {
      if (rows[i + j] != rows[i] + j) {
        return false;
      }
    }
    return true;
  }
}
