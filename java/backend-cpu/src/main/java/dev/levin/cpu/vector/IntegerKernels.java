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
    private int[] pairs = {};
    private final float[] minimaLanes = new float[Pairs.COUNT];
    private final byte[] bytes = new byte[Long.BYTES];
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
          IntegerDots.unpack(x.dtype, weight, rowAt, x.k, pairs, i * (x.k / 2));
          int scalesAt = i * groups(x);
          int minimaAt = i * (x.k / 32);
          IntegerDots.scales(
              x.dtype, weight, rowAt, x.k, bytes, scales, scalesAt, minima, minimaAt);
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
      ensure(2, x.k);
      int half = Math.ceilDiv(weightRows, 2);
      for (int r = 0; r < half; r++) {
        int other = Math.min(half + r, weightRows - 1);
        long row0 = at + r * rowStride;
        long row1 = at + other * rowStride;
        if (IntegerDots.inTwos(x.dtype)) {
          IntegerDots.dot(x.dtype, weight, row0, row1, x, row, lanes);
          out[outAt + r] = Pairs.sum(lanes, 0);
          out[outAt + other] = Pairs.sum(lanes, Pairs.COUNT);
          if (x.format.minima()) {
            out[outAt + r] -= scalesAndLeast(x, weight, row0, row);
            out[outAt + other] -= other == r ? 0 : scalesAndLeast(x, weight, row1, row);
          }
        } else {
          out[outAt + r] = multiplyOne(x, weight, row0, row);
          out[outAt + other] = multiplyOne(x, weight, row1, row);
        }
      }
    }

    /** Leaves a row's scales and returns the product of its minima. */
    private float scalesAndLeast(IntegerActivations x, MemorySegment weight, long at, int row) {
      IntegerDots.scales(x.dtype, weight, at, x.k, bytes, scales, 0, minima, 0);
      int blocks = x.k / 32;
      return x.format.minima() ? dot(minima, 0, x.sums, row * blocks, blocks) : 0;
    }

    private float multiplyOne(IntegerActivations x, MemorySegment weight, long at, int row) {
      float least = 0;
      if (x.dtype.blockValues() > 32) {
        least = scalesAndLeast(x, weight, at, row);
        join(scales, x.scales, row * (x.k / 32), groups(x), x.format.group() == 16 ? 1 : 0);
      }
      IntegerDots.dot(x.dtype, weight, at, x, row, scales, lanes);
      return Pairs.sum(lanes, 0) - least;
    }

    /** Multiplies the scales of groups by those of their blocks of activations. */
    private static void join(float[] scales, float[] blocks, int from, int count, int shift) {
      for (int i = 0; i < count; i++) {
        scales[i] *= blocks[from + (i >> shift)];
      }
    }

    private float dot(float[] a, int aAt, float[] b, int bAt, int count) {
      FloatVector sums = Pairs.zero();
      int end = Pairs.FLOATS.loopBound(count);
      for (int i = 0; i < end; i += Pairs.COUNT) {
        sums = Pairs.load(a, aAt + i).fma(Pairs.load(b, bAt + i), sums);
      }
      sums.intoArray(minimaLanes, 0);
      float sum = Pairs.sum(minimaLanes, 0);
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
      for (int j = 1; j < TILE; j++) {
        if (rows[i + j] != rows[i] + j) {
          return false;
        }
      }
      return true;
    }

    /** Leaves the accumulators of {@code tokens} activation rows by all weight rows in lanes. */
    private void multiplyTokens(IntegerActivations x, int count, int row, int tokens) {
      int stride = x.k / 2;
      int groups = groups(x);
      Arrays.fill(lanes, 0, (count + 1) * tokens * Pairs.COUNT, 0f);
      for (int piece = 0; piece < x.pieces; ) {
        rescale(x, count, row, tokens, piece);
        int first = piece * IntegerActivations.PIECE;
        piece = lastOfSpan(x, row, tokens, piece) + 1;
        int last = Math.min(x.k, piece * IntegerActivations.PIECE);
        int g = first / x.format.group();
        int length = (last - first) / x.format.group();
        int xAt = row * stride + first / 2;
        for (int r = 0; r < count; r += 2) {
          int next = Math.min(r + 1, count - 1);
          int w0 = r * stride + first / 2;
          int w1 = next * stride + first / 2;
          int s0 = r * groups + g;
          int s1 = next * groups + g;
          int at = r * tokens * Pairs.COUNT;
          if (x.format.group() == 16) {
            multiplySixteens(x, tokens, w0, w1, s0, s1, xAt, length, at);
          } else if (tokens == TILE) {
            IntegerTiles.fourByTwo(
                pairs, w0, w1, scales, s0, s1, x.pairs, xAt, stride, length, lanes, at);
          } else {
            IntegerTiles.oneByTwo(pairs, w0, w1, scales, s0, s1, x.pairs, xAt, length, lanes, at);
          }
        }
      }
    }

    private void multiplySixteens(
        IntegerActivations x,
        int tokens,
        int w0,
        int w1,
        int s0,
        int s1,
        int xAt,
        int groups,
        int at) {
      if (tokens == TILE) {
        SixteenTiles.fourByTwo(
            pairs, w0, w1, scales, s0, s1, x.pairs, xAt, x.k / 2, groups, lanes, at);
      } else {
        SixteenTiles.oneByTwo(pairs, w0, w1, scales, s0, s1, x.pairs, xAt, groups, lanes, at);
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
        IntegerActivations x, int count, int row, int tokens, int t, float[] out, int outAt) {
      float scale = x.lastScale(row);
      int blocks = x.k / 32;
      for (int r = 0; r < count; r++) {
        int at = ((r & ~1) * tokens + 2 * t + (r & 1)) * Pairs.COUNT;
        float sum = Pairs.sum(lanes, at) * scale;
        out[outAt + r] =
            x.format.minima() ? sum - dot(minima, r * blocks, x.sums, row * blocks, blocks) : sum;
      }
    }
  }
}
