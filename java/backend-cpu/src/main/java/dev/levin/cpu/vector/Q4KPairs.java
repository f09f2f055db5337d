package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q4_K: a load of 64 bytes of codes makes two units, of which the first vector keeps the
 * odd bytes above the even ones, see {@link IntegerFormat}.
 */
final class Q4KPairs implements IntegerRows {
  static final IntVector SCALES_0 = KScales.lanes(lane -> lane / 8 * 2);
  static final IntVector SCALES_1 = KScales.lanes(lane -> lane / 8 * 2 + 1);
  static final IntVector SCALES_2 = KScales.lanes(lane -> lane / 8 * 2 + 4);
  static final IntVector SCALES_3 = KScales.lanes(lane -> lane / 8 * 2 + 5);

  private static final int QS = 16;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;

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
    long step = Opaque.blockBytes(DType.Q4_K);
    int first = token * (a.units / 4);
    int last = first + a.units / 4;
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      FloatVector least0 = FloatVector.zero(FLOATS);
      FloatVector least1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / 4;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / 4;
        }
        long xAt = 4 * b * unit;
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        FloatVector ofMinima = FloatVector.fromMemorySegment(FLOATS, sums, xAt / 8, ORDER);
        long head0 = Widen.doubleWord(w, block0);
        FloatVector codes0 = KScales.of45(head0, Widen.doubleWord(w, block0 + 8));
        least0 = codes0.mul(KQuantScales.half(head0 >>> 16)).fma(ofMinima, least0);
        float d0 = KQuantScales.half(head0);
        IntVector scales0 = codes0.mul(d0).reinterpretAsInts();
        long head1 = Widen.doubleWord(w, block1);
        FloatVector codes1 = KScales.of45(head1, Widen.doubleWord(w, block1 + 8));
        least1 = codes1.mul(KQuantScales.half(head1 >>> 16)).fma(ofMinima, least1);
        float d1 = KQuantScales.half(head1);
        IntVector scales1 = codes1.mul(d1).reinterpretAsInts();
        IntVector v0 = IntVector.fromMemorySegment(INTS, w, block0 + QS, ORDER);
        IntVector v1 = IntVector.fromMemorySegment(INTS, w, block1 + QS, ORDER);
        IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER);
        IntVector c = v0.and(LOW_NIBBLES);
        IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        FloatVector scale = SCALES_0.selectFrom(scales0).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        c = v1.and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_0.selectFrom(scales1).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        x0 = IntVector.fromMemorySegment(INTS, x, xAt + 128, ORDER);
        x1 = IntVector.fromMemorySegment(INTS, x, xAt + 192, ORDER);
        c = v0.lanewise(LSHR, 4).and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_1.selectFrom(scales0).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        c = v1.lanewise(LSHR, 4).and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_1.selectFrom(scales1).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        v0 = IntVector.fromMemorySegment(INTS, w, block0 + QS + 64, ORDER);
        v1 = IntVector.fromMemorySegment(INTS, w, block1 + QS + 64, ORDER);
        x0 = IntVector.fromMemorySegment(INTS, x, xAt + 256, ORDER);
        x1 = IntVector.fromMemorySegment(INTS, x, xAt + 320, ORDER);
        c = v0.and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_2.selectFrom(scales0).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        c = v1.and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_2.selectFrom(scales1).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        x0 = IntVector.fromMemorySegment(INTS, x, xAt + 384, ORDER);
        x1 = IntVector.fromMemorySegment(INTS, x, xAt + 448, ORDER);
        c = v0.lanewise(LSHR, 4).and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_3.selectFrom(scales0).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        c = v1.lanewise(LSHR, 4).and(LOW_NIBBLES);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p);
        scale = SCALES_3.selectFrom(scales1).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      least0.intoArray(lanes, 2 * COUNT * r + COUNT);
      sum1.intoArray(lanes, 2 * COUNT * other);
      least1.intoArray(lanes, 2 * COUNT * other + COUNT);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q4_K);
    int first = r * (to.units / 4);
    for (int b = first; b < first + to.units / 4; b++) {
      long block = at + (b - first) * step;
      unpackScales(w, block, to, b);
      for (int half = 0; half < 2; half++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 64 * half, ORDER);
        int unit = 4 * b + 2 * half;
        to.store(unit, v.and(LOW_NIBBLES), 8);
        to.store(unit + 1, v.lanewise(LSHR, 4).and(LOW_NIBBLES), 8);
      }
    }
  }

  /** Scales and minima of a block of Q4_K or Q5_K. */
  static void unpackScales(MemorySegment w, long block, UnpackedRows to, int b) {
    long head = Widen.doubleWord(w, block);
    FloatVector codes = KScales.of45(head, Widen.doubleWord(w, block + 8));
    codes.mul(KQuantScales.half(head >>> 16)).intoMemorySegment(to.minima, 4L * (COUNT * b), ORDER);
    IntVector scales = codes.mul(KQuantScales.half(head)).reinterpretAsInts();
    int scaleAt = 4 * COUNT * b;
    SCALES_0
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to.scales, 4L * (scaleAt), ORDER);
    SCALES_1
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to.scales, 4L * (scaleAt + COUNT), ORDER);
    SCALES_2
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to.scales, 4L * (scaleAt + 2 * COUNT), ORDER);
    SCALES_3
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to.scales, 4L * (scaleAt + 3 * COUNT), ORDER);
  }
}
