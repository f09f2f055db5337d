package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q5_K: a load of 64 bytes of codes makes two units. The bytes of high bits stand twice in
 * a vector, shifted so that both its halves find those of their values in the same place. The first
 * vector of a unit keeps the odd bytes above the even ones, see {@link IntegerFormat}.
 */
final class Q5KPairs implements IntegerRows {
  private static final int QH = 16;
  private static final int QS = 48;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;

  /** Where the fifth bits go. */
  private static final int FIFTH = 0x10101010;

  private static final IntVector TWICE = KScales.lanes(lane -> lane % 8);
  private static final IntVector UPPER_BY_2 = KScales.lanes(lane -> lane / 8 * 2);

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
    MemorySegment sums = a.sums;
    int[] ends = a.runEnds;
    float[] runSteps = a.runSteps;
    long step = Opaque.blockBytes(DType.Q5_K);
    int first = token * (a.units / 4);
    int last = first + a.units / 4;
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    for (int r = 0; r < rows; r++) {
      long row = at + r * stride;
      FloatVector sum = FloatVector.zero(FLOATS);
      FloatVector least = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / 4;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum = sum.mul(runSteps[run++]);
          end = ends[run] / 4;
        }
        long block = row + (b - first) * step;
        long xAt = 4 * b * unit;
        long head = Widen.doubleWord(w, block);
        FloatVector codes = KScales.of45(head, Widen.doubleWord(w, block + 8));
        FloatVector minima = codes.mul(KQuantScales.half(head >>> 16));
        least = minima.fma(FloatVector.fromMemorySegment(FLOATS, sums, xAt / 8, ORDER), least);
        IntVector scales = codes.mul(KQuantScales.half(head)).reinterpretAsInts();
        IntVector h = IntVector.fromMemorySegment(INTS, w, block + QH, ORDER);
        h = TWICE.selectFrom(h).lanewise(LSHR, UPPER_BY_2);
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS, ORDER);
        IntVector c = v.and(LOW_NIBBLES).or(h.lanewise(LSHL, 4).and(FIFTH));
        IntVector p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER)));
        FloatVector scale = Q4KPairs.SCALES_0.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        c = v.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h.lanewise(LSHL, 3).and(FIFTH));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 128, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 192, ORDER)));
        scale = Q4KPairs.SCALES_1.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        v = IntVector.fromMemorySegment(INTS, w, block + QS + 64, ORDER);
        c = v.and(LOW_NIBBLES).or(h.and(FIFTH));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 256, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 320, ORDER)));
        scale = Q4KPairs.SCALES_2.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        c = v.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h.lanewise(LSHR, 1).and(FIFTH));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 384, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 448, ORDER)));
        scale = Q4KPairs.SCALES_3.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      }
      sum.intoArray(lanes, 2 * COUNT * r);
      least.intoArray(lanes, 2 * COUNT * r + COUNT);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q5_K);
    int first = r * (to.units / 4);
    for (int b = first; b < first + to.units / 4; b++) {
      long block = at + (b - first) * step;
      Q4KPairs.unpackScales(w, block, to, b);
      IntVector h = IntVector.fromMemorySegment(INTS, w, block + QH, ORDER);
      h = TWICE.selectFrom(h).lanewise(LSHR, UPPER_BY_2);
      for (int half = 0; half < 2; half++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 64 * half, ORDER);
        IntVector high = h.lanewise(LSHL, 4 - 4 * half);
        int unit = 4 * b + 2 * half;
        to.store(unit, fifth(v, high), 8);
        to.store(unit + 1, fifth(v.lanewise(LSHR, 4), high.lanewise(LSHR, 1)), 8);
      }
    }
  }

  private static IntVector fifth(IntVector nibbles, IntVector high) {
    return nibbles.and(LOW_NIBBLES).or(high.and(FIFTH));
  }
}
