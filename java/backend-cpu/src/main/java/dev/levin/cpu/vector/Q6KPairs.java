package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q6_K: a load of 64 bytes of nibbles makes two units. The bytes of bit pairs stand twice
 * in a vector, shifted so that both its halves find those of their values in the same place. The
 * first vector of a unit keeps the odd bytes above the even ones, see {@link IntegerFormat}.
 */
final class Q6KPairs implements IntegerRows {
  private static final int QH = 128;
  private static final int SCALES = 192;
  private static final int D = 208;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;

  /** Where the upper two bits go. */
  private static final int UPPER = 0x30303030;

  private static final int OFFSET = 32 * Pairs.BOTH;

  private static final IntVector FIRST_TWICE = KScales.lanes(lane -> lane % 8);
  private static final IntVector SECOND_TWICE = KScales.lanes(lane -> lane % 8 + 8);
  private static final IntVector UPPER_BY_2 = KScales.lanes(lane -> lane / 8 * 2);
  private static final IntVector SCALES_0 = KScales.lanes(lane -> lane / 4);
  private static final IntVector SCALES_1 = KScales.lanes(lane -> lane / 4 + 4);
  private static final IntVector SCALES_2 = KScales.lanes(lane -> lane / 4 + 8);
  private static final IntVector SCALES_3 = KScales.lanes(lane -> lane / 4 + 12);

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
    int first = token * (a.units / 4);
    int last = first + a.units / 4;
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    for (int r = 0; r < rows; r++) {
      long row = at + r * stride;
      FloatVector sum = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / 4;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum = sum.mul(runSteps[run++]);
          end = ends[run] / 4;
        }
        long block = row + (b - first) * step;
        long xAt = 4 * b * unit;
        float d = Widen.half(w, block + D);
        ByteVector bytes =
            ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, block + SCALES, ORDER);
        IntVector scales =
            ((FloatVector) bytes.convertShape(B2F, FLOATS, 0)).mul(d).reinterpretAsInts();
        IntVector all = IntVector.fromMemorySegment(INTS, w, block + QH, ORDER);
        IntVector h = FIRST_TWICE.selectFrom(all).lanewise(LSHR, UPPER_BY_2);
        IntVector v = IntVector.fromMemorySegment(INTS, w, block, ORDER);
        IntVector c = v.and(LOW_NIBBLES).or(h.lanewise(LSHL, 4).and(UPPER));
        IntVector p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER)));
        p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER));
        FloatVector scale = SCALES_0.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        c = v.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h.and(UPPER));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 128, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 192, ORDER)));
        p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2 + 64, ORDER));
        scale = SCALES_1.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        h = SECOND_TWICE.selectFrom(all).lanewise(LSHR, UPPER_BY_2);
        v = IntVector.fromMemorySegment(INTS, w, block + 64, ORDER);
        c = v.and(LOW_NIBBLES).or(h.lanewise(LSHL, 4).and(UPPER));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 256, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 320, ORDER)));
        p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2 + 128, ORDER));
        scale = SCALES_2.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
        c = v.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h.and(UPPER));
        p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 384, ORDER));
        c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
        p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + 448, ORDER)));
        p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2 + 192, ORDER));
        scale = SCALES_3.selectFrom(scales).reinterpretAsFloats();
        sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      }
      sum.intoArray(lanes, 2 * COUNT * r);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q6_K);
    int first = r * (to.units / 4);
    for (int b = first; b < first + to.units / 4; b++) {
      long block = at + (b - first) * step;
      unpackScales(w, block, to.scales, 4 * COUNT * b);
      IntVector all = IntVector.fromMemorySegment(INTS, w, block + QH, ORDER);
      unpackHalf(w, block, FIRST_TWICE.selectFrom(all), to, 4 * b);
      unpackHalf(w, block + 64, SECOND_TWICE.selectFrom(all), to, 4 * b + 2);
    }
  }

  private static void unpackScales(MemorySegment w, long block, MemorySegment to, int scaleAt) {
    ByteVector bytes =
        ByteVector.fromMemorySegment(ByteVector.SPECIES_128, w, block + SCALES, ORDER);
    FloatVector codes = (FloatVector) bytes.convertShape(B2F, FLOATS, 0);
    IntVector scales = codes.mul(Widen.half(w, block + D)).reinterpretAsInts();
    SCALES_0.selectFrom(scales).reinterpretAsFloats().intoMemorySegment(to, 4L * (scaleAt), ORDER);
    SCALES_1
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to, 4L * (scaleAt + COUNT), ORDER);
    SCALES_2
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to, 4L * (scaleAt + 2 * COUNT), ORDER);
    SCALES_3
        .selectFrom(scales)
        .reinterpretAsFloats()
        .intoMemorySegment(to, 4L * (scaleAt + 3 * COUNT), ORDER);
  }

  private static void unpackHalf(
      MemorySegment w, long qs, IntVector twice, UnpackedRows to, int unit) {
    IntVector h = twice.lanewise(LSHR, UPPER_BY_2);
    IntVector v = IntVector.fromMemorySegment(INTS, w, qs, ORDER);
    to.store(unit, six(v, h.lanewise(LSHL, 4)), 8, OFFSET);
    to.store(unit + 1, six(v.lanewise(LSHR, 4), h), 8, OFFSET);
  }

  private static IntVector six(IntVector nibbles, IntVector high) {
    return nibbles.and(LOW_NIBBLES).or(high.and(UPPER));
  }
}
