package dev.levin.cpu.vector;

import dev.levin.cpu.EncodedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Products of encoded weights with activations rounded to integers. Few activations are multiplied
 * in registers with rows as they lie; for more, rows are unpacked once.
 *
 * <p>In both ways lane i of a product's accumulator takes the sums of the lanes i of its groups in
 * order, by fused multiply-adds with scales that differ by powers of two alone.
 */
final class IntegerKernels implements EncodedKernels {
  /** Fewest activation rows for which weights are unpacked. */
  private static final int UNPACK = 4;

  /** Pairs of unpacked weights that a worker keeps in its level-2 cache. */
  private static final int UNPACKED_PAIRS = 32_768;

  private static final int MAX_ROWS = 64;

  /** Activation rows of the larger tile. */
  private static final int TILE = 3;

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
    private int[] pairs = {};
    private float[] scales = {};
    private float[] minima = {};

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
      int block = Math.clamp(UNPACKED_PAIRS / (x.k / 2), 2, MAX_ROWS) & ~1;
      ensure(block, x.k);
      for (int r = 0; r < weightRows; r += block) {
        int count = Math.min(block, weightRows - r);
        for (int i = 0; i < count; i++) {
          long rowAt = at + (r + i) * rowStride;
          IntegerDots.unpack(
              x.dtype, weight, rowAt, x.k, pairs, i * (x.k / 2), scales, i * groups(x));
          if (x.format.minima()) {
            IntegerDots.minima(x.dtype, weight, rowAt, x.k, minima, i * (x.k / 32));
          }
        }
        multiplyUnpacked(x, count, rows, from, to, out, r, outStride);
      }
    }

    private static int groups(IntegerActivations x) {
      return x.k / x.format.group();
    }

    private void ensure(int rows, int k) {
      if (pairs.length < rows * k / 2) {
        pairs = new int[rows * k / 2];
        scales = new float[rows * k / 16];
        minima = new float[rows * k / 32];
      }
    }

    /** Two streams of rows, as in {@link VectorMatrix#dotRows}. */
    private void multiplyRow(
        IntegerActivations x,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int row,
        float[] out,
        int outAt) {
      int half = Math.ceilDiv(weightRows, 2);
      for (int r = 0; r < half; r++) {
        int other = Math.min(half + r, weightRows - 1);
        long row0 = at + r * rowStride;
        long row1 = at + other * rowStride;
        IntegerDots.dot(x.dtype, weight, row0, row1, x, row, out, outAt + r, outAt + other);
      }
      if (x.format.minima()) {
        ensure(2, x.k);
        for (int r = 0; r < weightRows; r++) {
          IntegerDots.minima(x.dtype, weight, at + r * rowStride, x.k, minima, 0);
          out[outAt + r] -= dot(minima, 0, x.sums, row * (x.k / 32), x.k / 32);
        }
      }
    }

    private static float dot(float[] a, int aAt, float[] b, int bAt, int count) {
      FloatVector lanes = Pairs.zero();
      int end = Pairs.FLOATS.loopBound(count);
      for (int i = 0; i < end; i += Pairs.COUNT) {
        lanes = Pairs.load(a, aAt + i).fma(Pairs.load(b, bAt + i), lanes);
      }
      float sum = Pairs.sum(lanes);
      for (int i = end; i < count; i++) {
        sum = Math.fma(a[aAt + i], b[bAt + i], sum);
      }
      return sum;
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
        for (int t = 0; t < tokens; t++) {
          finish(x, count, rows[i + t], tokens, t, out, outAt + (i - from + t) * outStride);
        }
        i += tokens;
      }
    }

    /** A tile reads its activations at one distance. */
    private static boolean inOrder(int[] rows, int i) {
      return rows[i + 1] == rows[i] + 1 && rows[i + 2] == rows[i] + 2;
    }

    /** Leaves the accumulators of {@code tokens} activation rows by all weight rows in lanes. */
    private void multiplyTokens(IntegerActivations x, int count, int row, int tokens) {
      int stride = x.k / 2;
      int groups = groups(x);
      Arrays.fill(lanes, 0, (count + 1) * tokens * Pairs.COUNT, 0f);
      for (int piece = 0; piece < x.pieces; piece++) {
        rescale(x, count, row, tokens, piece);
        int first = piece * IntegerActivations.PIECE;
        int g = first / x.format.group();
        int length = Math.min(IntegerActivations.PIECE / x.format.group(), groups - g);
        int xAt = row * stride + first / 2;
        for (int r = 0; r < count; r += 2) {
          int next = Math.min(r + 1, count - 1);
          int w0 = r * stride + first / 2;
          int w1 = next * stride + first / 2;
          int s0 = r * groups + g;
          int s1 = next * groups + g;
          int at = r * tokens * Pairs.COUNT;
          if (tokens == TILE) {
            IntegerTiles.threeByTwo(
                pairs, w0, w1, scales, s0, s1, x.pairs, xAt, stride, length, lanes, at);
          } else {
            IntegerTiles.oneByTwo(pairs, w0, w1, scales, s0, s1, x.pairs, xAt, length, lanes, at);
          }
        }
      }
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
        IntegerActivations x, int count, int row, int tokens, int t, float[] out, int outAt) {
      float scale = x.lastScale(row);
      int blocks = x.k / 32;
      for (int r = 0; r < count; r++) {
        int at = ((r & ~1) * tokens + 2 * t + (r & 1)) * Pairs.COUNT;
        float sum = Pairs.sum(Pairs.load(lanes, at)) * scale;
        out[outAt + r] =
            x.format.minima() ? sum - dot(minima, r * blocks, x.sums, row * blocks, blocks) : sum;
      }
    }
  }
}
