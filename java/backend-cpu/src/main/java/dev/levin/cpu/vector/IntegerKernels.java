package dev.levin.cpu.vector;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of encoded weights with activations rounded to integers.
 *
 * <p>Whether a row is unpacked or not, lane i of a product's accumulator takes the sums of the
 * lanes i of its groups in order, by fused multiply-adds with the scales of the weights; between
 * runs of activations of one scale it is multiplied by a power of two.
 */
final class IntegerKernels implements EncodedKernels {
  /** Most pieces that a tile takes at once. */
  private static final int SPAN = 4;

  @Override
  public Activations newActivations() {
    return new IntegerActivations();
  }

  @Override
  public Worker newWorker() {
    return new IntegerWorker();
  }

  private static final class IntegerWorker extends PairWorker<IntegerActivations> {
    private final int[] rounded = new int[IntegerActivations.PIECE];
    private final float[] lanes = new float[(MOST_UNPACKED + 1) * TILE * Pairs.COUNT];
    private final float[] least = new float[MOST_UNPACKED * TILE * Pairs.COUNT];
    private final UnpackedRows unpacked = new UnpackedRows();

    private IntegerWorker() {
      super(IntegerActivations.class);
    }

    @Override
    public void prepare(Activations activations, float[] x, int from, int to) {
      for (int row = from; row < to; row++) {
        ((IntegerActivations) activations).prepare(x, row, rounded);
      }
    }

    @Override
    void dot(
        IntegerActivations x,
        MemorySegment w,
        long at,
        long stride,
        int rows,
        int row,
        float[] out,
        int outAt) {
      x.format.rows().dot(w, at, stride, rows, x, row, lanes);
      for (int r = 0; r < rows; r++) {
        int sums = r * IntegerRows.ROW_LANES;
        out[outAt + r] = total(x, row, lanes, sums, lanes, sums + Pairs.COUNT);
      }
    }

    @Override
    void reserve(IntegerActivations x, int rows) {
      unpacked.reset(rows, x.units, x.k);
    }

    @Override
    void unpack(IntegerActivations x, MemorySegment w, long at, int r) {
      x.format.rows().unpack(w, at, unpacked, r);
    }

    @Override
    void multiplyTile(
        IntegerActivations x,
        int count,
        int row,
        int tokens,
        float[] out,
        int outAt,
        int outStride) {
      multiplyTokens(x, count, row, tokens);
      finish(x, count, row, tokens, out, outAt, outStride);
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
          multiplyUnits(x, tokens, u0, u1, xAt, length, r * tokens * Pairs.COUNT);
        }
      }
    }

    private void multiplyUnits(
        IntegerActivations x, int tokens, int u0, int u1, long xAt, int length, int at) {
      MemorySegment w = unpacked.pairs;
      MemorySegment s = unpacked.scales;
      long w0 = u0 * UNIT_BYTES;
      long w1 = u1 * UNIT_BYTES;
      long stride = x.units * UNIT_BYTES;
      int ofSum = x.format.unitsOfSum();
      if (ofSum == 1) {
        if (tokens == TILE && !Pairs.wide()) {
          NarrowTiles.fourByOne(w, w0, s, x.pairs, xAt, stride, length, lanes, at);
          if (u1 != u0) {
            NarrowTiles.fourByOne(w, w1, s, x.pairs, xAt, stride, length, lanes, at + Pairs.COUNT);
          }
        } else if (tokens == TILE) {
          IntegerTiles.fourByTwo(w, w0, w1, s, x.pairs, xAt, stride, length, lanes, at);
        } else {
          IntegerTiles.oneByTwo(w, w0, w1, s, x.pairs, xAt, length, lanes, at);
        }
      } else if (tokens == TILE) {
        IntegerTiles.fourByTwoInBlocks(
            w, w0, w1, s, x.pairs, xAt, stride, length, ofSum, lanes, at);
      } else {
        IntegerTiles.oneByTwoInBlocks(w, w0, w1, s, x.pairs, xAt, length, ofSum, lanes, at);
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
        long step = Opaque.vectorBytes();
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
      FloatVector sums = Pairs.load(lanes, at).mul(x.format.rebias()).mul(x.rowScales[row]);
      if (x.minima > 0) {
        sums = sums.sub(Pairs.load(least, leastAt).mul(x.leastScales[row]));
      }
      return Lanes.sum(sums);
    }
  }
}
