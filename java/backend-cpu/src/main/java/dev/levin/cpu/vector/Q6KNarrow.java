package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.UNITS_OF_BLOCK;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q6_K by vectors of 256 bits: two loads of 32 bytes of nibbles and one of bit pairs make
 * four units, of two scales each. The first vector of a unit keeps the odd bytes above the even
 * ones.
 */
final class Q6KNarrow implements IntegerRows {
  private static final int QH = 128;
  private static final int SCALES = 192;
  private static final int D = 208;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;

  /** Where the upper two bits go. */
  private static final int UPPER = 0x30303030;

  /** What codes are larger by than the values they stand for. */
  private static final int OFFSET = 32 * BOTH;

  static final IntVector SCALES_0 = KScales.lanes(lane -> lane / 4);
  static final IntVector SCALES_1 = KScales.lanes(lane -> lane / 4 + 2);
  static final IntVector SCALES_2 = KScales.lanes(lane -> lane / 4 + 4);
  static final IntVector SCALES_3 = KScales.lanes(lane -> lane / 4 + 6);

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
    long step = Opaque.blockBytes(DType.Q6_K);
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    int pair = (rows + 1) / 2;
    for (int r = 0; r < pair; r++) {
      int other = Math.min(pair + r, rows - 1);
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
        float d0 = Widen.half(w, block0 + D);
        float d1 = Widen.half(w, block1 + D);
        long xAt = b * UNITS_OF_BLOCK * unit;
        long half = 0;
        for (int j = 0; j < 2; j++) {
          FloatVector codes0 = KScales.of8(Widen.doubleWord(w, block0 + SCALES + half / 8));
          IntVector scales0 = codes0.mul(d0).reinterpretAsInts();
          IntVector h0 = IntVector.fromMemorySegment(INTS, w, block0 + QH + half / 2, ORDER);
          IntVector v0 = IntVector.fromMemorySegment(INTS, w, block0 + half, ORDER);
          IntVector u0 =
              IntVector.fromMemorySegment(INTS, w, block0 + half + BYTES_OF_VECTOR, ORDER);
          FloatVector codes1 = KScales.of8(Widen.doubleWord(w, block1 + SCALES + half / 8));
          IntVector scales1 = codes1.mul(d1).reinterpretAsInts();
          IntVector h1 = IntVector.fromMemorySegment(INTS, w, block1 + QH + half / 2, ORDER);
          IntVector v1 = IntVector.fromMemorySegment(INTS, w, block1 + half, ORDER);
          IntVector u1 =
              IntVector.fromMemorySegment(INTS, w, block1 + half + BYTES_OF_VECTOR, ORDER);
          IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          xAt += unit;
          IntVector c = v0.and(LOW_NIBBLES).or(h0.lanewise(LSHL, 4).and(UPPER));
          IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          FloatVector scale = SCALES_0.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = v1.and(LOW_NIBBLES).or(h1.lanewise(LSHL, 4).and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_0.selectFrom(scales1).reinterpretAsFloats();
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          xAt += unit;
          c = u0.and(LOW_NIBBLES).or(h0.lanewise(LSHL, 2).and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_1.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = u1.and(LOW_NIBBLES).or(h1.lanewise(LSHL, 2).and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_1.selectFrom(scales1).reinterpretAsFloats();
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          xAt += unit;
          c = v0.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h0.and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_2.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = v1.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h1.and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_2.selectFrom(scales1).reinterpretAsFloats();
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          xAt += unit;
          c = u0.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h0.lanewise(LSHR, 2).and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_3.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = u1.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h1.lanewise(LSHR, 2).and(UPPER));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p).sub(offset);
          scale = SCALES_3.selectFrom(scales1).reinterpretAsFloats();
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          half += unit;
        }
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q6_K);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      float d = Widen.half(w, block + D);
      for (int half = 0; half < 2; half++) {
        int unit = UNITS_OF_BLOCK * b + 4 * half;
        unpackScales(Widen.doubleWord(w, block + SCALES + 8 * half), 0, d, to, unit);
        IntVector h = IntVector.fromMemorySegment(INTS, w, block + QH + 32 * half, ORDER);
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + 64 * half, ORDER);
        IntVector u = IntVector.fromMemorySegment(INTS, w, block + 64 * half + 32, ORDER);
        for (int j = unit; j < unit + 4; j += 2) {
          to.store(j, six(v, h.lanewise(LSHL, 4)), 8, OFFSET);
          to.store(j + 1, six(u, h.lanewise(LSHL, 2)), 8, OFFSET);
          v = v.lanewise(LSHR, 4);
          u = u.lanewise(LSHR, 4);
          h = h.lanewise(LSHR, 4);
        }
      }
    }
  }

  /**
   * The scales of four units that have two each.
   *
   * @param packed eight of them, a signed byte each: as a vector it would become an object, since
   *     callers are too large for this to be inlined
   * @param offset what they are larger by
   */
  static void unpackScales(long packed, int offset, float d, UnpackedRows to, int unit) {
    IntVector scales = KScales.of8(packed).sub(offset).mul(d).reinterpretAsInts();
    long at = (long) BYTES_OF_VECTOR * unit;
    SCALES_0.selectFrom(scales).intoMemorySegment(to.scales, at, ORDER);
    SCALES_1.selectFrom(scales).intoMemorySegment(to.scales, at + BYTES_OF_VECTOR, ORDER);
    SCALES_2.selectFrom(scales).intoMemorySegment(to.scales, at + 2 * BYTES_OF_VECTOR, ORDER);
    SCALES_3.selectFrom(scales).intoMemorySegment(to.scales, at + 3 * BYTES_OF_VECTOR, ORDER);
  }

  private static IntVector six(IntVector nibbles, IntVector high) {
    return nibbles.and(LOW_NIBBLES).or(high.and(UPPER));
  }
}
