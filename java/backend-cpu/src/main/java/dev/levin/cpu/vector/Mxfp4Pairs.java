package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Rows of MXFP4, four blocks at a time: two loads that overlap have their scales and codes. Codes
 * become levels as bytes, and the first of two vectors keeps the odd bytes above the even ones, see
 * {@link IntegerFormat}.
 */
final class Mxfp4Pairs implements IntegerRows {
  /** Scales are read as if of the values themselves. */
  static final float REBIAS = 0.5f;

  /** Seven bits below its place in an F32. */
  private static final int EXPONENT = 0x00ff0000;

  private static final int OFFSET = 12 * BOTH;

  /** Twice the E2M1 values and 12, by a code and two bits of what lies above it. */
  private static final ByteVector LEVELS = levels();

  private static final ByteVector CODES = FourBlocks.codes(DType.MXFP4, 1);
  private static final ByteVector SCALES = FourBlocks.scales(DType.MXFP4);

  /** From one load to the other. */
  private static final int SECOND = FourBlocks.second(DType.MXFP4);

  private static ByteVector levels() {
    byte[] once = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};
    byte[] levels = new byte[BYTES_OF_VECTOR];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = once[i % once.length];
    }
    return ByteVector.fromArray(BYTES, levels, 0);
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
    long step = 2 * Opaque.blockBytes(DType.MXFP4);
    long lastAt = FourBlocks.lastAt(DType.MXFP4, a.k);
    long unitBytes = Opaque.unitBytes();
    int bits = Opaque.eight();
    int first = token * a.units;
    int last = first + a.units;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      long row0 = at + r * stride;
      long row1 = at + other * stride;
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run];
      for (int u = first; u < last; u += 2) {
        if (u == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run];
        }
        long xAt = u * unitBytes;
        long unit = Math.min((u - first) * step, lastAt);
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        ByteVector low = ByteVector.fromMemorySegment(BYTES, w, row0 + unit, ORDER);
        ByteVector high = ByteVector.fromMemorySegment(BYTES, w, row0 + unit + SECOND, ORDER);
        ByteVector codes0 = CODES.selectFrom(low, high);
        IntVector scale0 = SCALES.selectFrom(low, high).reinterpretAsInts();
        low = ByteVector.fromMemorySegment(BYTES, w, row1 + unit, ORDER);
        high = ByteVector.fromMemorySegment(BYTES, w, row1 + unit + SECOND, ORDER);
        ByteVector codes1 = CODES.selectFrom(low, high);
        IntVector scale1 = SCALES.selectFrom(low, high).reinterpretAsInts();
        ShortVector c0 = codes0.selectFrom(LEVELS).reinterpretAsShorts();
        ShortVector c1 = codes1.selectFrom(LEVELS).reinterpretAsShorts();
        IntVector y = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector p0 = c0.reinterpretAsInts().mul(y).sub(offset);
        IntVector p1 = c1.reinterpretAsInts().mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
        p0 = p0.add(c0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(c1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        codes0 = codes0.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsBytes();
        codes1 = codes1.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsBytes();
        c0 = codes0.selectFrom(LEVELS).reinterpretAsShorts();
        c1 = codes1.selectFrom(LEVELS).reinterpretAsShorts();
        y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
        p0 = p0.add(c0.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        p1 = p1.add(c1.lanewise(LSHR, bits).reinterpretAsInts().mul(y));
        scale0 = scale0.and(EXPONENT).lanewise(LSHL, 7);
        scale1 = scale1.and(EXPONENT).lanewise(LSHL, 7);
        FloatVector f0 = (FloatVector) p0.convertShape(I2F, FLOATS, 0);
        FloatVector f1 = (FloatVector) p1.convertShape(I2F, FLOATS, 0);
        sum0 = f0.fma(scale0.reinterpretAsFloats(), sum0);
        sum1 = f1.fma(scale1.reinterpretAsFloats(), sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = 2 * Opaque.blockBytes(DType.MXFP4);
    long lastAt = FourBlocks.lastAt(DType.MXFP4, to.k);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u += 2) {
      long unit = at + Math.min((u - first) * step, lastAt);
      ByteVector low = ByteVector.fromMemorySegment(BYTES, w, unit, ORDER);
      ByteVector high = ByteVector.fromMemorySegment(BYTES, w, unit + SECOND, ORDER);
      ByteVector codes = CODES.selectFrom(low, high);
      to.store(u, codes.selectFrom(LEVELS).reinterpretAsInts(), 8, OFFSET);
      codes = codes.reinterpretAsInts().lanewise(LSHR, 4).reinterpretAsBytes();
      to.store(u + 1, codes.selectFrom(LEVELS).reinterpretAsInts(), 8, OFFSET);
      SCALES
          .selectFrom(low, high)
          .reinterpretAsInts()
          .and(EXPONENT)
          .lanewise(LSHL, 7)
          .intoMemorySegment(to.scales, (long) BYTES_OF_VECTOR * u, ORDER);
    }
  }
}
