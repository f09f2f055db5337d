package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations rounded to integers, as {@link Pairs}.
 *
 * <p>Each piece of a row has a scale of its own, a power of two: multiplying by it is exact, so it
 * may be applied to weights' scales or to sums, whichever is cheaper, without a change of bits.
 *
 * <p>Formats of nibbles multiply a byte as it is, {@code low + 16 * high}, by the activations of
 * its low nibble, so those of its high nibble are lessened by 16 times as much.
 */
final class IntegerActivations implements EncodedKernels.Activations {
  /** Values that share a scale. */
  static final int PIECE = 512;

  /** Values of a block, of which the first half are low nibbles. */
  static final int BLOCK = 32;

  private static final int HALF = BLOCK / 4;

  /** Adding and subtracting it rounds floats to integers, ties to even. */
  private static final float ROUNDING = 0x1.8p23f;

  /** Pieces this much smaller than the largest of their row become zeros. */
  private static final int EXPONENT_RANGE = 60;

  private static final int LEAST_EXPONENT = -80;

  int[] pairs = {};

  /** Scale of each block, for sums of pairs. */
  float[] scales = {};

  /** Sum of each block. */
  float[] sums = {};

  /** Scale of the piece before over that of each piece; 1 for the first. */
  float[] steps = {};

  IntegerFormat format;
  DType dtype;
  int k;
  int pieces;

  @Override
  public void reset(DType dtype, int rows, int k) {
    this.dtype = dtype;
    this.k = k;
    format = IntegerFormat.of(dtype);
    pieces = Math.ceilDiv(k, PIECE);
    int values = Math.multiplyExact(rows, k);
    if (pairs.length < values / 2) {
      pairs = new int[values / 2];
      scales = new float[values / BLOCK];
      sums = new float[values / BLOCK];
    }
    if (steps.length < rows * pieces) {
      steps = new float[rows * pieces];
    }
  }

  /** Scale of the last piece, for sums of pairs. */
  float lastScale(int row) {
    return scales[(row + 1) * (k / BLOCK) - 1];
  }

  /**
   * Rounds one row.
   *
   * @param q room for {@link #PIECE} integers
   */
  void prepare(float[] x, int row, int[] q) {
    int largest = LEAST_EXPONENT;
    for (int piece = 0; piece < pieces; piece++) {
      int exponent = exponent(x, row, piece);
      steps[row * pieces + piece] = exponent;
      largest = Math.max(largest, exponent);
    }
    float before = 0;
    for (int piece = 0; piece < pieces; piece++) {
      int exponent = (int) steps[row * pieces + piece];
      if (exponent >= largest - format.spareBits()) {
        // Sums run on without a pause over pieces of one scale.
        exponent = largest;
      }
      exponent = Math.max(exponent, largest - EXPONENT_RANGE);
      float scale = exponent > Float.MAX_EXPONENT ? Float.NaN : Math.scalb(1f, exponent);
      steps[row * pieces + piece] = piece == 0 ? 1 : before / scale;
      before = scale;
      int from = row * k + piece * PIECE;
      int count = Math.min(PIECE, (row + 1) * k - from);
      round(x, from, count, 1 / scale, q);
      Arrays.fill(scales, from / BLOCK, (from + count) / BLOCK, scale * Pairs.UNIT);
      for (int i = 0; i < count; i += BLOCK) {
        sums[(from + i) / BLOCK] = sum(q, i) * scale;
      }
      if (dtype == DType.Q6_K) {
        for (int group = 0; group < count / 16; group++) {
          join(q, 16 * group, pairs, from / 2 + 8 * IntegerKRows.evenFirst(group), 8);
        }
      } else {
        join(q, 0, pairs, from / 2, count / 2);
      }
      if (format.nibbles()) {
        lessenUpper(from, count);
      }
    }
  }

  /** The least power of two that makes no value of a piece larger than the limit. */
  private int exponent(float[] x, int row, int piece) {
    int from = row * k + piece * PIECE;
    int to = Math.min(from + PIECE, (row + 1) * k);
    float largest = largest(x, from, to);
    if (!(largest < Float.POSITIVE_INFINITY)) {
      return Float.MAX_EXPONENT + 1;
    }
    float ratio = largest / format.limit();
    int exponent = Math.getExponent(ratio);
    return Math.max(LEAST_EXPONENT, Math.scalb(1f, exponent) < ratio ? exponent + 1 : exponent);
  }

  private static float largest(float[] x, int from, int to) {
    IntVector bits = IntVector.zero(Pairs.INTS);
    for (int i = from; i < to; i += Pairs.COUNT) {
      bits = bits.max(Pairs.load(x, i).reinterpretAsInts().and(Integer.MAX_VALUE));
    }
    return Float.intBitsToFloat(bits.reduceLanes(VectorOperators.MAX));
  }

  private static void round(float[] x, int from, int count, float factor, int[] q) {
    for (int i = 0; i < count; i += Pairs.COUNT) {
      FloatVector scaled = Pairs.load(x, from + i).mul(factor);
      FloatVector rounded = scaled.add(ROUNDING).sub(ROUNDING);
      ((IntVector) rounded.convertShape(VectorOperators.F2I, Pairs.INTS, 0)).intoArray(q, i);
    }
  }

  private static int sum(int[] q, int from) {
    int sum = 0;
    for (int i = from; i < from + BLOCK; i++) {
      sum += q[i];
    }
    return sum;
  }

  /** Neighbours in one int: the second, and the first from bit 16 on. */
  private static void join(int[] q, int from, int[] pairs, int to, int count) {
    for (int i = 0; i < count; i++) {
      pairs[to + i] = q[from + 2 * i + 1] + (q[from + 2 * i] << 16);
    }
  }

  private void lessenUpper(int from, int count) {
    for (int block = from / BLOCK; block < (from + count) / BLOCK; block++) {
      for (int i = 0; i < HALF; i++) {
        pairs[2 * HALF * block + HALF + i] -= 16 * pairs[2 * HALF * block + i];
      }
    }
  }
}
