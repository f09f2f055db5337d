package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.NIBBLES;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Rows of Q4_K: a load of 64 bytes of codes makes two units. */
final class Q4KPairs implements IntegerRows {
  static final IntVector SCALES_0 = KScales.lanes(lane -> lane / 8 * 2);
  static final IntVector SCALES_1 = KScales.lanes(lane -> lane / 8 * 2 + 1);
  static final IntVector SCALES_2 = KScales.lanes(lane -> lane / 8 * 2 + 4);
  static final IntVector SCALES_3 = KScales.lanes(lane -> lane / 8 * 2 + 5);

  private static final int QS = 16;

  @Override
  public void dot(MemorySegment w, long at, IntegerActivations a, int token, float[] lanes) {
    int[] x = a.pairs;
    float[] sums = a.sums;
    float[] factors = a.scales;
    long step = Strides.of(DType.Q4_K);
    int first = token * (a.units / 4);
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector least = FloatVector.zero(FLOATS);
    for (int b = first; b < first + a.units / 4; b++) {
      long block = at + (b - first) * step;
      long head = Widen.doubleWord(w, block);
      FloatVector codes = KScales.of45(head, Widen.doubleWord(w, block + 8));
      FloatVector minima = codes.mul(KQuantScales.half(head >>> 16));
      least = minima.fma(FloatVector.fromArray(FLOATS, sums, COUNT * b), least);
      IntVector scales = codes.mul(KQuantScales.half(head) * factors[4 * b]).reinterpretAsInts();
      IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS, ORDER);
      IntVector p = v.and(NIBBLES).mul(IntVector.fromArray(INTS, x, 128 * b));
      IntVector c = v.lanewise(LSHR, 8).and(NIBBLES);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + COUNT)));
      FloatVector scale = SCALES_0.selectFrom(scales).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      c = v.lanewise(LSHR, 4).and(NIBBLES);
      p = c.mul(IntVector.fromArray(INTS, x, 128 * b + 2 * COUNT));
      c = v.lanewise(LSHR, 12).and(NIBBLES);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 3 * COUNT)));
      scale = SCALES_1.selectFrom(scales).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      v = IntVector.fromMemorySegment(INTS, w, block + QS + 64, ORDER);
      p = v.and(NIBBLES).mul(IntVector.fromArray(INTS, x, 128 * b + 4 * COUNT));
      c = v.lanewise(LSHR, 8).and(NIBBLES);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 5 * COUNT)));
      scale = SCALES_2.selectFrom(scales).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      c = v.lanewise(LSHR, 4).and(NIBBLES);
      p = c.mul(IntVector.fromArray(INTS, x, 128 * b + 6 * COUNT));
      c = v.lanewise(LSHR, 12).and(NIBBLES);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 7 * COUNT)));
      scale = SCALES_3.selectFrom(scales).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
    }
    sum.intoArray(lanes, 0);
    least.intoArray(lanes, COUNT);
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Strides.of(DType.Q4_K);
    int first = r * (to.units / 4);
    for (int b = first; b < first + to.units / 4; b++) {
      long block = at + (b - first) * step;
      unpackScales(w, block, to, b);
      for (int half = 0; half < 2; half++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 64 * half, ORDER);
        int pair = 128 * b + 64 * half;
        v.and(NIBBLES).intoArray(to.pairs, pair);
        v.lanewise(LSHR, 8).and(NIBBLES).intoArray(to.pairs, pair + COUNT);
        v.lanewise(LSHR, 4).and(NIBBLES).intoArray(to.pairs, pair + 2 * COUNT);
        v.lanewise(LSHR, 12).and(NIBBLES).intoArray(to.pairs, pair + 3 * COUNT);
      }
    }
  }

  /** Scales and minima of a block of Q4_K or Q5_K. */
  static void unpackScales(MemorySegment w, long block, UnpackedRows to, int b) {
    long head = Widen.doubleWord(w, block);
    FloatVector codes = KScales.of45(head, Widen.doubleWord(w, block + 8));
    codes.mul(KQuantScales.half(head >>> 16)).intoArray(to.minima, COUNT * b);
    IntVector scales = codes.mul(KQuantScales.half(head)).reinterpretAsInts();
    int scaleAt = 4 * COUNT * b;
    SCALES_0.selectFrom(scales).reinterpretAsFloats().intoArray(to.scales, scaleAt);
    SCALES_1.selectFrom(scales).reinterpretAsFloats().intoArray(to.scales, scaleAt + COUNT);
    SCALES_2.selectFrom(scales).reinterpretAsFloats().intoArray(to.scales, scaleAt + 2 * COUNT);
    SCALES_3.selectFrom(scales).reinterpretAsFloats().intoArray(to.scales, scaleAt + 3 * COUNT);
  }
}
