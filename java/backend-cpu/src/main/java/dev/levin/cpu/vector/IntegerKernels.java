package dev.levin.cpu.vector;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of encoded weights with activations rounded to integers. Few activations are multiplied
 * in registers with rows as they lie; for more, rows are unpacked once.
 *
 * <p>In both ways lane i of a product's accumulator takes the sums of the lanes i of its groups in
 * order, by fused multiply-adds with the scales of the weights; between runs of activations of one
 * scale it is multiplied by a power of two.
 */
final class IntegerKernels implements EncodedKernels {
  /** Fewest activation rows for which weights are unpacked. */
  private static final int UNPACK = 4;

  /** Units of unpacked weights that a worker keeps in its level-2 cache: 64 Ki values. */
  private static final int UNPACKED_UNITS = (1 << 16) / Pairs.UNIT;

  /** Bytes of the pairs of a unit. */
  private static final long UNIT_BYTES = 2L * Pairs.BYTES_OF_VECTOR;

  private static final int MAX_ROWS = 64;

  /** Most pieces that a tile takes at once. */
  private static final int SPAN = 4;

  /** Activation rows of the larger tile. */
  private static final int TILE = 4;

  @Override
  public Activations newActivations() {
    return new IntegerActivations();
  }

  @Override
  public Worker newWorker() {
    return new IntegerWorker();
  }

  private static final class IntegerWorker implements Worker {
    private final int[] rounded = new int[IntegerActivations.PIECE];
    private final float[] lanes = new float[(MAX_ROWS + 1) * TILE * Pairs.COUNT];
    private final float[] least = new float[MAX_ROWS * TILE * Pairs.COUNT];
    private final UnpackedRows unpacked = new UnpackedRows();
    private MemorySegment padded = MemorySegment.NULL;

    @Override
    public void prepare(Activations activations, float[] x, int from, int to) {
      for (int row = from; row < to; row++) {
        ((IntegerActivations) activations).prepare(x, row, rounded);
      }
    }

    @Override
    public void multiply(
        Activations activations,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outStride) {
      IntegerActivations x = (IntegerActivations) activations;
      if (to - from < UNPACK) {
        for (int i = from; i < to; i++) {
          multiplyRow(x, weight, at, rowStride, weightRows, rows[i], out, (i - from) * outStride);
        }
        return;
      }
      int block = Math.clamp(UNPACKED_UNITS / x.units, 2, MAX_ROWS) & ~1;
      unpacked.reset(block, x.units);
      for (int r = 0; r < weightRows; r += block) {
        int count = Math.min(block, weightRows - r);
        for (int i = 0; i < count; i++) {
          long rowAt = at + (r + i) * rowStride;
          if (readable(x, weight, rowAt)) {
            x.format.rows().unpack(weight, rowAt, unpacked, i);
          } else {
            x.format.rows().unpack(padded(x, weight, rowAt), 0, unpacked, i);
          }
        }
        multiplyUnpacked(x, count, rows, from, to, out, r, outStride);
      }
    }

    /** Whether kernels may read a row where it lies, which they do in whole units and past it. */
    private static boolean readable(IntegerActivations x, MemorySegment weight, long at) {
      return x.k % Pairs.UNIT == 0
          && at + x.dtype.rowBytes(x.k) + x.format.overrun() <= weight.byteSize();
    }

    /** A copy of a row with zeros behind it. */
    private MemorySegment padded(IntegerActivations x, MemorySegment weight, long at) {
      long bytes = x.dtype.rowBytes(x.k);
      long room = bytes + 4 * Pairs.UNIT;
      if (padded.byteSize() < room) {
        padded = Arena.ofAuto().allocate(room);
      }
      MemorySegment.copy(weight, at, padded, 0, bytes);
      padded.asSlice(bytes).fill((byte) 0);
      return padded;
    }

    private void multiplyRow(
        IntegerActivations x,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int row,
        float[] out,
        int outAt) {
      IntegerRows kernels = x.format.rows();
      for (int r = 0; r < weightRows; ) {
        int count = Math.min(IntegerRows.MOST_ROWS, weightRows - r);
        long first = at + r * rowStride;
        if (count > 1 && !readable(x, weight, first + (count - 1) * rowStride)) {
          count = x.k % Pairs.UNIT == 0 ? count - 1 : 1;
        }
        if (readable(x, weight, first + (count - 1) * rowStride)) {
          kernels.dot(weight, first, rowStride, count, x, row, lanes);
        } else {
          kernels.dot(padded(x, weight, first), 0, 0, 1, x, row, lanes);
        }
        for (int i = 0; i < count; i++) {
          int sums = i * IntegerRows.ROW_LANES;
          int least = sums + Pairs.COUNT;
          out[outAt + r + i] = total(x, row, lanes, sums, lanes, least);
        }
        r += count;
      }
    }

    private void multiplyUnpacked(
        IntegerActivations x,
        int count,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outAt,
        int outStride) {
      for (int i = from; i < to; ) {
        boolean tile = i + TILE <= to && inOrder(rows, i);
        int tokens = tile ? TILE : 1;
        multiplyTokens(x, count, rows[i], tokens);
        finish(x, count, rows[i], tokens, out, outAt + (i - from) * outStride, outStride);
        i += tokens;
      }
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

    /** Leaves the accumulators of {@code tokens} activation rows by all weight rows in lanes. */
    private void multiplyTokens(IntegerActivations x, int count, int row, int tokens) {
      long stride = x.units * UNIT_BYTES;
      Arrays.fill(lanes, 0, (count + 1) * tokens * Pairs.COUNT, 0f);
      for (int piece = 0; piece < x.pieces; ) {
        rescale(x, count, row, tokens, piece);
        int first = piece * IntegerActivations.UNITS_OF_PIECE;
        piece = lastOfSpan(x, row, tokens, piece) + 1;
        int length = Math.min(x.units, piece * IntegerActivations.UNITS_OF_PIECE) - first;
        long xAt = row * stride + first * UNIT_BYTES;
        for (int r = 0; r < count; r += 2) {
          int u0 = r * x.units + first;
          int u1 = Math.min(r + 1, count - 1) * x.units + first;
          multiplyTile(x, tokens, u0, u1, xAt, length, r * tokens * Pairs.COUNT);
        }
      }
    }

    private void multiplyTile(
        IntegerActivations x, int tokens, int u0, int u1, long xAt, int length, int at) {
      MemorySegment w = unpacked.pairs;
      MemorySegment s = unpacked.scales;
      long w0 = u0 * UNIT_BYTES;
      long w1 = u1 * UNIT_BYTES;
      long stride = x.units * UNIT_BYTES;
      if (x.format.unitsOfSum() == 1) {
        if (tokens == TILE && !Pairs.wide()) {
          NarrowTiles.fourByOne(w, w0, s, x.pairs, xAt, stride, length, lanes, at);
          NarrowTiles.fourByOne(w, w1, s, x.pairs, xAt, stride, length, lanes, at + Pairs.COUNT);
        } else if (tokens == TILE) {
          IntegerTiles.fourByTwo(w, w0, w1, s, x.pairs, xAt, stride, length, lanes, at);
        } else {
          IntegerTiles.oneByTwo(w, w0, w1, s, x.pairs, xAt, length, lanes, at);
        }
      } else if (tokens == TILE) {
        IntegerTiles.fourByTwoInBlocks(w, w0, w1, s, x.pairs, xAt, stride, length, lanes, at);
      } else {
        IntegerTiles.oneByTwoInBlocks(w, w0, w1, s, x.pairs, xAt, length, lanes, at);
      }
    }

    /** The pieces that all rows have at one scale, as far as activations fit a level-1 cache. */
    private static int lastOfSpan(IntegerActivations x, int row, int tokens, int piece) {
      int last = Math.min(x.pieces, piece + SPAN) - 1;
      for (int p = piece + 1; p <= last; p++) {
        for (int t = 0; t < tokens; t++) {
          if (x.steps[(row + t) * x.pieces + p] != 1) {
            return p - 1;
          }
        }
      }
      return last;
    }

    /** Brings sums to the scale of the next piece. */
    private void rescale(IntegerActivations x, int count, int row, int tokens, int piece) {
      for (int t = 0; t < tokens; t++) {
        float step = x.steps[(row + t) * x.pieces + piece];
        if (step != 1) {
          for (int r = 0; r < count; r += 2) {
            IntegerTiles.scaleBy(lanes, (r * tokens + 2 * t) * Pairs.COUNT, 2, step);
          }
        }
      }
    }

    private void finish(
        IntegerActivations x,
        int count,
        int row,
        int tokens,
        float[] out,
        int outAt,
        int outStride) {
      int blocks = x.minima;
      if (blocks > 0) {
        long step = x.unitBytes / 2;
        long first = row * blocks * step;
        // A row by itself stands in for all four.
        long stride = tokens == TILE ? blocks * step : 0;
        IntegerTiles.minima(unpacked.minima, count, x.sums, first, stride, blocks, step, least);
      }
      for (int r = 0; r < count; r++) {
        for (int t = 0; t < tokens; t++) {
          int at = ((r & ~1) * tokens + 2 * t + (r & 1)) * Pairs.COUNT;
          int leastAt = (r * TILE + t) * Pairs.COUNT;
          out[outAt + t * outStride + r] = total(x, row + t, lanes, at, least, leastAt);
        }
      }
    }

    /** One product from its lanes and those of its minima. */
    private static float total(
        IntegerActivations x, int row, float[] lanes, int at, float[] least, int leastAt) {
      FloatVector sums = Pairs.load(lanes, at).mul(x.format.rebias()).mul(x.lastScales[row]);
      if (x.minima > 0) {
        sums = sums.sub(Pairs.load(least, leastAt).mul(x.leastScales[row]));
      }
      return Lanes.sum(sums);
    }
  }
}
