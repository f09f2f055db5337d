package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Rows of IQ4_NL: one load has two blocks, their scales among the codes. Infinite scales and NaN
 * are read as numbers, as {@link Q40Pairs} does.
 */
final class Iq4NlPairs implements BlockPairs {
  private static final int OFFSET = 127;

  /** A scale is read as if its exponent were that of an F32. */
  private static final int SIGN_EXPONENT_MANTISSA = 0x8fffe000;

  /** The levels and 127, by the low five bits of a lane: a code and one bit of what lies above. */
  private static final ShortVector LEVELS =
      ShortVector.fromArray(
          SHORTS,
          new short[] {
            0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240,
            0, 23, 44, 62, 78, 92, 105, 117, 128, 140, 152, 165, 180, 196, 216, 240
          },
          0);

  private static final ByteVector CODES = TwoBlocks.codes(DType.IQ4_NL, 2);
  private static final ByteVector SCALES = TwoBlocks.scales(DType.IQ4_NL);

  @Override
  public void dot(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      BlockActivations a,
      int token,
      float[] lanes) {
    MemorySegment x = a.pairs;
    MemorySegment offsets = a.offsets;
    MemorySegment scales = a.scales;
    long step = 2 * Opaque.blockBytes(DType.IQ4_NL);
    long vectors = Opaque.unitBytes();
    int first = token * (a.units);
    int last = first + a.units;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      long row0 = at + r * stride;
      long row1 = at + other * stride;
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      for (int u = first; u < last; u++) {
        long xAt = u * vectors;
        long unit = (u - first) * step;
        IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER);
        IntVector offset0 = IntVector.fromMemorySegment(INTS, offsets, xAt, ORDER);
        IntVector offset1 = IntVector.fromMemorySegment(INTS, offsets, xAt + 64, ORDER);
        FloatVector ofX = FloatVector.fromMemorySegment(FLOATS, scales, xAt / 2, ORDER);
        ByteVector bytes = ByteVector.fromMemorySegment(BYTES, w, row0 + unit, ORDER);
        IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
        IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
        halves = halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
        FloatVector scale = halves.reinterpretAsFloats().mul(ofX);
        ShortVector lower = codes.reinterpretAsShorts();
        ShortVector upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
        IntVector p = lower.selectFrom(LEVELS).reinterpretAsInts().mul(x0).sub(offset0);
        FloatVector f = (FloatVector) p.convertShape(I2F, FLOATS, 0);
        p = upper.selectFrom(LEVELS).reinterpretAsInts().mul(x1).sub(offset1);
        sum0 = f.add((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        bytes = ByteVector.fromMemorySegment(BYTES, w, row1 + unit, ORDER);
        codes = CODES.selectFrom(bytes).reinterpretAsInts();
        halves = SCALES.selectFrom(bytes).reinterpretAsInts();
        halves = halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
        scale = halves.reinterpretAsFloats().mul(ofX);
        lower = codes.reinterpretAsShorts();
        upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
        p = lower.selectFrom(LEVELS).reinterpretAsInts().mul(x0).sub(offset0);
        f = (FloatVector) p.convertShape(I2F, FLOATS, 0);
        p = upper.selectFrom(LEVELS).reinterpretAsInts().mul(x1).sub(offset1);
        sum1 = f.add((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
      }
      sum0.intoArray(lanes, COUNT * r);
      sum1.intoArray(lanes, COUNT * other);
    }
  }

  @Override
  public void unpack(
      MemorySegment w, long at, int units, MemorySegment pairs, MemorySegment scales, long to) {
    long step = 2 * Opaque.blockBytes(DType.IQ4_NL);
    for (int u = 0; u < units; u++) {
      ByteVector bytes = ByteVector.fromMemorySegment(BYTES, w, at + u * step, ORDER);
      long unit = to + 128L * u;
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
      ShortVector lower = codes.reinterpretAsShorts();
      ShortVector upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
      IntVector p0 = lower.selectFrom(LEVELS).reinterpretAsInts();
      IntVector p1 = upper.selectFrom(LEVELS).reinterpretAsInts();
      p0.sub(OFFSET * BOTH).intoMemorySegment(pairs, unit, ORDER);
      p1.sub(OFFSET * BOTH).intoMemorySegment(pairs, unit + 64, ORDER);
      IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
      IntVector scale = halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
      scale.intoMemorySegment(scales, unit / 2, ORDER);
    }
  }
}
