package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations rounded to eight bits, as {@link Pairs}: each 32 values have a scale of their own, a
 * 127th of the largest. The products of weights of eight bits with them leave no room to add two
 * pairs as integers.
 *
 * <p>Scales are relative to a power of two of the row, so that they neither overflow nor underflow
 * with scales of weights.
 */
final class BlockActivations extends PairActivations {
  /** Values that share a scale. */
  static final int BLOCK = 32;

  private static final int LARGEST = 127;

  /** Blocks without a larger value become zeros: what would divide them might overflow. */
  private static final float LEAST = 0x1p-100f;

  /** Adding and subtracting it rounds floats to integers, ties to even. */
  private static final float ROUNDING = 0x1.8p23f;

  private static final long UNIT_BYTES = 2L * BYTES_OF_VECTOR;
  private static final long HALF_VECTOR = BYTES_OF_VECTOR / 2;

  /** Two vectors a unit: the lower lanes of both are the first block's, the upper the second's. */
  MemorySegment pairs = MemorySegment.NULL;

  /** What the codes' offset adds to the products. */
  MemorySegment offsets = MemorySegment.NULL;

  /** The scales of the lanes, a vector a unit. */
  MemorySegment scales = MemorySegment.NULL;

  BlockFormat format;

  /** Units there is room for. */
  private int capacity;

  @Override
  public void reset(DType dtype, int rows, int k) {
    format = BlockFormat.of(dtype);
    this.dtype = dtype;
    this.k = k;
    units = Math.ceilDiv(k, Pairs.UNIT);
    overrun = format.overrun();
    inPlace = k % Pairs.UNIT == 0;
    int all = Math.multiplyExact(rows, units);
    if (capacity < all) {
      capacity = all;
      pairs = Pairs.allocate(2L * all);
      offsets = Pairs.allocate(2L * all);
      scales = Pairs.allocate(all);
    }
    if (rowScales.length < rows) {
      rowScales = new float[rows];
    }
  }

  /** Rounds one row. */
  void prepare(float[] x, int row) {
    floats = x;
    int first = row * k;
    float largest = largest(x, first, first + k);
    boolean finite = largest < Float.POSITIVE_INFINITY;
    float whole = Math.scalb(1f, Math.getExponent(Math.clamp(largest, LEAST, Float.MAX_VALUE)));
    rowScales[row] = finite ? whole : Float.NaN;
    for (int b = 0; b < 2 * units; b++) {
      long unit = (long) row * units + b / 2;
      long at = unit * UNIT_BYTES + b % 2 * HALF_VECTOR;
      int from = first + b * BLOCK;
      // The last unit of a row may lack its second block.
      float most = from < first + k ? largest(x, from, from + BLOCK) : 0;
      if (!finite || most < LEAST) {
        fill(pairs, at, 0);
        fill(pairs, at + BYTES_OF_VECTOR, 0);
        fill(scales, at - unit * BYTES_OF_VECTOR, 0);
      } else {
        round(x, from, LARGEST / most, at);
        round(x, from + COUNT, LARGEST / most, at + BYTES_OF_VECTOR);
        float scale = most / whole / LARGEST * (Pairs.SCALE * format.rebias());
        fill(scales, at - unit * BYTES_OF_VECTOR, scale);
      }
    }
    pair(row * units * UNIT_BYTES, (row + 1) * units * UNIT_BYTES);
  }

  /** Fills eight lanes. */
  private static void fill(MemorySegment to, long at, float value) {
    for (long i = at; i < at + HALF_VECTOR; i += Float.BYTES) {
      to.set(Pairs.FLOAT, i, value);
    }
  }

  /** Stores 16 values as eight lanes. */
  private void round(float[] x, int from, float factor, long at) {
    FloatVector rounded = Pairs.load(x, from).mul(factor).add(ROUNDING).sub(ROUNDING);
    ((ShortVector) rounded.convertShape(VectorOperators.F2S, Lanes.SHORTS, 0))
        .intoMemorySegment(pairs, at, ORDER);
  }

  /** Makes pairs of neighbours, the first above the second. */
  private void pair(long from, long to) {
    for (long at = from; at < to; at += BYTES_OF_VECTOR) {
      IntVector both = Pairs.ints(pairs, at);
      IntVector second = both.lanewise(VectorOperators.ASHR, 16);
      IntVector pair = both.lanewise(VectorOperators.LSHL, 16).add(second);
      pair.intoMemorySegment(pairs, at, ORDER);
      pair.mul(format.offset() * BOTH).intoMemorySegment(offsets, at, ORDER);
    }
  }

  private static float largest(float[] x, int from, int to) {
    IntVector bits = IntVector.zero(Pairs.INTS);
    for (int i = from; i < to; i += COUNT) {
      bits = bits.max(Pairs.load(x, i).reinterpretAsInts().and(Integer.MAX_VALUE));
    }
    return Float.intBitsToFloat(bits.reduceLanes(VectorOperators.MAX));
  }
}
