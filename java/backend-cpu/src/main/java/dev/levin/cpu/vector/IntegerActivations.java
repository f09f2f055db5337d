package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations rounded to integers, as {@link Pairs}.
 *
 * <p>Each piece of a row has a scale of its own, a power of two: multiplying by it is exact, so it
 * may be applied to weights' scales or to sums, whichever is cheaper, without a change of bits.
 */
final class IntegerActivations extends PairActivations {
  /** Values that share a scale. */
  static final int PIECE = 512;

  /** Units that share a scale. */
  static final int UNITS_OF_PIECE = PIECE / Pairs.UNIT;

  /** Adding and subtracting it rounds floats to integers, ties to even. */
  private static final float ROUNDING = 0x1.8p23f;

  /** Pieces this much smaller than the largest of their row become zeros. */
  private static final int EXPONENT_RANGE = 60;

  private static final int LEAST_EXPONENT = -80;

  /** Two vectors a unit, in the order of the format. */
  MemorySegment pairs = MemorySegment.NULL;

  /** What the codes' offset adds to the products, a vector where the units of a sum begin. */
  MemorySegment offsets = MemorySegment.NULL;

  /** The unit behind the last of each run of a row: units that follow each other at one scale. */
  int[] runEnds = {};

  /** What sums are to be multiplied by behind each run but the last of a row. */
  float[] runSteps = {};

  /**
   * Sums of the values that share a minimum, in the last eight lanes of as many vectors a row as
   * {@link #minima} says.
   */
  MemorySegment sums = MemorySegment.NULL;

  /** Scale of the piece before over that of each piece; 1 for the first. */
  float[] steps = {};

  /** What products with minima are to be multiplied by. */
  float[] leastScales = {};

  IntegerFormat format;
  int pieces;

  /** Units there is room for. */
  private int capacity;

  /** Vectors of sums of a row; the last may be filled up with zeros. */
  int minima;

  @Override
  public void reset(DType dtype, int rows, int k) {
    format = IntegerFormat.of(dtype);
    this.dtype = dtype;
    this.k = k;
    pieces = Math.ceilDiv(k, PIECE);
    units = Math.ceilDiv(k, Pairs.UNIT * format.unitsOfSum()) * format.unitsOfSum();
    overrun = format.overrun();
    inPlace = k >= Pairs.UNIT * format.unitsOfSum();
    int vectors = Math.multiplyExact(rows, units);
    if (capacity < vectors) {
      capacity = vectors;
      pairs = Pairs.allocate(2L * vectors);
      offsets = Pairs.allocate(vectors);
    }
    minima = format.minima(k);
    if (sums.byteSize() < (long) Pairs.BYTES_OF_VECTOR * rows * minima) {
      sums = Pairs.allocate((long) rows * minima);
    }
    if (steps.length < rows * pieces) {
      steps = new float[rows * pieces];
      runEnds = new int[rows * pieces];
      runSteps = new float[rows * pieces];
    }
    if (rowScales.length < rows) {
      rowScales = new float[rows];
      leastScales = new float[rows];
    }
  }

  /**
   * Rounds one row.
   *
   * @param q room for {@link #PIECE} integers
   */
  void prepare(float[] x, int row, int[] q) {
    floats = x;
    int largest = LEAST_EXPONENT;
    for (int piece = 0; piece < pieces; piece++) {
      int exponent = exponent(x, row, piece);
      steps[row * pieces + piece] = exponent;
      largest = Math.max(largest, exponent);
    }
    float whole = largest > Float.MAX_EXPONENT ? Float.NaN : Math.scalb(1f, largest);
    leastScales[row] = whole;
    float before = 1;
    for (int piece = 0; piece < pieces; piece++) {
      int exponent = (int) steps[row * pieces + piece];
      if (exponent >= largest - format.spareBits()) {
        // Sums run on without a pause over pieces of one scale.
        exponent = largest;
      }
      exponent = Math.max(exponent, largest - EXPONENT_RANGE);
      float scale = Math.scalb(1f, exponent - largest);
      steps[row * pieces + piece] = piece == 0 ? 1 : before / scale;
      before = scale;
      int from = row * k + piece * PIECE;
      int count = Math.min(PIECE, (row + 1) * k - from);
      round(x, from, count, 1 / (scale * whole), q);
      store(q, count, row, piece * UNITS_OF_PIECE, scale);
    }
    rowScales[row] = before * whole * Pairs.SCALE;
    findRuns(row);
  }

  private void findRuns(int row) {
    int run = row * pieces;
    for (int piece = 1; piece < pieces; piece++) {
      float step = steps[row * pieces + piece];
      if (step != 1) {
        runEnds[run] = row * units + piece * UNITS_OF_PIECE;
        runSteps[run] = step;
        run++;
      }
    }
    runEnds[run] = (row + 1) * units;
  }

  /** Stores integers as units from {@code first} of the row on. */
  private void store(int[] q, int count, int row, int first, float scale) {
    int[] order = format.order();
    int padded = Math.ceilDiv(count, order.length) * order.length;
    int rest = count % order.length;
    if (inPlace && rest > 0) {
      // The last values of a row stand last: what is before them is read for the second time.
      System.arraycopy(q, count - rest, q, padded - rest, rest);
      Arrays.fill(q, count - rest, padded - rest, 0);
    } else {
      Arrays.fill(q, count, padded, 0);
    }
    int unit = row * units + first;
    for (int frame = 0; frame < padded; frame += order.length) {
      long to = 2L * Pairs.BYTES_OF_VECTOR * unit + 2L * frame;
      for (int i = 0; i < order.length; i += 2) {
        int pair = q[frame + order[i + 1]] + (q[frame + order[i]] << 16);
        pairs.set(Pairs.INT, to + 2L * i, pair);
      }
    }
    if (format.offset() != 0) {
      for (int u = unit; u < unit + padded / Pairs.UNIT; u += format.unitsOfSum()) {
        storeOffset(u);
      }
    }
    if (format.fold() != null) {
      for (int u = unit; u < unit + padded / Pairs.UNIT; u += format.unitsOfSum()) {
        fold(u);
      }
    }
    if (minima > 0) {
      sumUp(q, count, row * minima + first * Pairs.UNIT / (8 * format.summed()), scale);
    }
  }

  /** Stores sums of values as vectors from {@code vector} on. */
  private void sumUp(int[] q, int count, int vector, float scale) {
    int summed = format.summed();
    int padded = Math.ceilDiv(count, 8 * summed) * 8 * summed;
    Arrays.fill(q, count, padded, 0);
    for (int i = 0; i < padded; i += summed) {
      int lane = Pairs.COUNT - 8 + i / summed % 8;
      int at = (vector + i / (8 * summed)) * Pairs.COUNT + lane;
      sums.set(Pairs.FLOAT, 4L * at, sum(q, i, summed) * scale);
    }
  }

  /** What the offset adds to the products of all units of a sum. */
  private void storeOffset(int first) {
    IntVector all = IntVector.zero(Pairs.INTS);
    for (int u = first; u < first + format.unitsOfSum(); u++) {
      long at = 2L * Pairs.BYTES_OF_VECTOR * u;
      all = all.add(Pairs.ints(pairs, at)).add(Pairs.ints(pairs, at + Pairs.BYTES_OF_VECTOR));
    }
    all.mul(format.offset() * Pairs.BOTH)
        .intoMemorySegment(offsets, (long) Pairs.BYTES_OF_VECTOR * first, Lanes.ORDER);
  }

  /** Takes from the vectors of a sum multiples of those before them. */
  private void fold(int first) {
    long begin = 2L * Pairs.BYTES_OF_VECTOR * first;
    for (int v = 2 * format.unitsOfSum() - 1; v > 0; v--) {
      long at = begin + (long) v * Pairs.BYTES_OF_VECTOR;
      Pairs.ints(pairs, at)
          .sub(Pairs.ints(pairs, at - Pairs.BYTES_OF_VECTOR).mul(format.fold()[v]))
          .intoMemorySegment(pairs, at, Lanes.ORDER);
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

  private static int sum(int[] q, int from, int count) {
    int sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += q[i];
    }
    return sum;
  }
}
