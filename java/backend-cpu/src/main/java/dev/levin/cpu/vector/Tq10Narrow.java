package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INT;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static dev.levin.cpu.vector.Pairs.UNITS_OF_BLOCK;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2S;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of TQ1_0 by vectors of 256 bits, 16 bytes a short each: three times a byte has its first
 * digit in the upper byte, three times that has the second one and three times the first, and so
 * on. Each vector of digits thus keeps those before it, see {@link IntegerFormat}.
 *
 * <p>A block makes two sums of eight vectors. The five digits of its bytes [32, 48) are shared out:
 * three go to the first sum, two to the second, where they keep the last 16 values instead of the
 * digits that are not there.
 */
final class Tq10Narrow implements IntegerRows {
  private static final int SECOND = 16;
  private static final int THIRD = 32;
  private static final int QH = 48;
  private static final int D = 52;

  private static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> WORDS = IntVector.SPECIES_128;
  private static final short LOW_BYTE = 0xff;
  private static final short HIGH_BYTE = (short) 0xff00;
  private static final ShortVector THREE = ShortVector.broadcast(SHORTS, 3);

  /** What brings the digits of the last 16 values to the front of their bytes. */
  private static final ShortVector TAIL_POWERS =
      ShortVector.fromArray(
          SHORTS, new short[] {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27}, 0);

  /** Codes of digits that are all 1, which stands for zero, for the vectors of a sum. */
  private static final int[] OFFSETS = {
    121 * BOTH, 40 * BOTH, 13 * BOTH, 4 * BOTH, BOTH, 13 * BOTH, 4 * BOTH, BOTH
  };

  /** How many times the vector before is kept by each vector of a sum. */
  static final int[] FOLD = {0, 3, 3, 3, 3, 0, 3, 3};

  /** The value of a slot. */
  static int valueOf(int slot) {
    int i = slot % 16;
    int half = slot / 128;
    int vector = slot / 16 % 8;
    if (vector < 5) {
      return (4 - vector) * 32 + half * 16 + i;
    }
    if (half == 0) {
      return 160 + (7 - vector) * 16 + i;
    }
    return vector == 7 ? 240 + i : 160 + (9 - vector) * 16 + i;
  }

  @Override
  public void dot(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      IntegerActivations a,
      int token,
      float[] lanes) {
    MemorySegment x = a.pairs;
    MemorySegment offsets = a.offsets;
    int[] ends = a.runEnds;
    float[] runSteps = a.runSteps;
    long step = Opaque.blockBytes(DType.TQ1_0);
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS_OF_BLOCK;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / UNITS_OF_BLOCK;
        }
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        FloatVector scale0 = FloatVector.broadcast(FLOATS, Widen.half(w, block0 + D));
        FloatVector scale1 = FloatVector.broadcast(FLOATS, Widen.half(w, block1 + D));
        long xAt = b * UNITS_OF_BLOCK * unit;
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        IntVector y;
        ShortVector t0 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block0, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        ShortVector t1 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block1, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        IntVector p0;
        IntVector p1;
        y = IntVector.fromMemorySegment(INTS, x, xAt + 4 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y).sub(offset);
        p1 = t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 1 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 0 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        t0 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block0 + THIRD, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        t1 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block1 + THIRD, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 7 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 6 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 5 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
        sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
        xAt += 4 * unit;
        offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        ShortVector tail0 =
            (ShortVector)
                IntVector.broadcast(WORDS, w.get(INT, block0 + QH))
                    .reinterpretAsBytes()
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        tail0 = tail0.mul(TAIL_POWERS).and(LOW_BYTE).mul(THREE).and(HIGH_BYTE);
        t0 = t0.and(LOW_BYTE).or(tail0);
        ShortVector tail1 =
            (ShortVector)
                IntVector.broadcast(WORDS, w.get(INT, block1 + QH))
                    .reinterpretAsBytes()
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        tail1 = tail1.mul(TAIL_POWERS).and(LOW_BYTE).mul(THREE).and(HIGH_BYTE);
        t1 = t1.and(LOW_BYTE).or(tail1);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 7 * BYTES_OF_VECTOR, ORDER);
        p0 = t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y).sub(offset);
        p1 = t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 6 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 5 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        t0 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block0 + SECOND, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        t1 =
            (ShortVector)
                ByteVector.fromMemorySegment(CODES, w, block1 + SECOND, ORDER)
                    .convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 4 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 1 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 0 * BYTES_OF_VECTOR, ORDER);
        t0 = t0.mul(THREE);
        t1 = t1.mul(THREE);
        p0 = p0.add(t0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(t1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
        sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.TQ1_0);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      long sum = 2L * UNITS_OF_BLOCK * BYTES_OF_VECTOR * b;
      long nextSum = sum + UNITS_OF_BLOCK * BYTES_OF_VECTOR;
      FloatVector scale = FloatVector.broadcast(FLOATS, Widen.half(w, block + D));
      scale.intoMemorySegment(to.scales, sum / 2, ORDER);
      scale.intoMemorySegment(to.scales, nextSum / 2, ORDER);
      unpack(codes(w, block), 4, 0, to.pairs, sum);
      unpack(codes(w, block + SECOND), 4, 0, to.pairs, nextSum);
      ShortVector t = unpack(codes(w, block + THIRD), 7, 5, to.pairs, sum);
      IntVector word = IntVector.broadcast(WORDS, w.get(INT, block + QH));
      ShortVector tail =
          (ShortVector) word.reinterpretAsBytes().convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
      tail = tail.mul(TAIL_POWERS).and(LOW_BYTE).mul(THREE).and(HIGH_BYTE);
      t = t.and(LOW_BYTE).or(tail);
      store(t, 7, to.pairs, nextSum);
      unpack(t, 6, 5, to.pairs, nextSum);
    }
  }

  private static ShortVector codes(MemorySegment w, long at) {
    return (ShortVector)
        ByteVector.fromMemorySegment(CODES, w, at, ORDER).convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
  }

  /**
   * Stores digits as vectors {@code from} down to {@code to} of a sum, and returns what is left.
   */
  private static ShortVector unpack(
      ShortVector bytes, int from, int to, MemorySegment pairs, long sum) {
    ShortVector t = bytes;
    for (int v = from; v >= to; v--) {
      t = t.mul(THREE);
      store(t, v, pairs, sum);
    }
    return t;
  }

  private static void store(ShortVector t, int v, MemorySegment pairs, long sum) {
    t.lanewise(LSHR, 8)
        .reinterpretAsInts()
        .sub(OFFSETS[v])
        .intoMemorySegment(pairs, sum + v * BYTES_OF_VECTOR, ORDER);
  }
}
