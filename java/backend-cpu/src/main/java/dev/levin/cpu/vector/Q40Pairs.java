package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
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
 * Rows of Q4_0, four blocks at a time: two loads that overlap have their scales and codes, of which
 * a lane takes four bytes. All vectors of the four but the last keep higher nibbles above their
 * own, see {@link IntegerFormat}.
 *
 * <p>Infinite scales and NaN, which no quantiser writes, are read as numbers of 65,536 and more: to
 * know them costs a fifth of the speed at single tokens.
 */
final class Q40Pairs implements IntegerRows {
  /** A scale is read as if its exponent were that of an F32. */
  static final float REBIAS = 0x1p112f;

  private static final int SIGN_EXPONENT_MANTISSA = 0x8fffe000;
  private static final ByteVector CODES = FourBlocks.codes(DType.Q4_0, 2);
  private static final ByteVector SCALES = FourBlocks.scales(DType.Q4_0);

  /** From one load to the other. */
  private static final int SECOND = FourBlocks.second(DType.Q4_0);

  /** A lane of codes that are all 8, which stands for zero. */
  private static final int OFFSETS = 0x8888 * BOTH;

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
    long step = 2 * Opaque.blockBytes(DType.Q4_0);
    long lastAt = FourBlocks.lastAt(DType.Q4_0, a.k);
    long unitBytes = Opaque.unitBytes();
    int bits = Opaque.four();
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
        ShortVector c0 = CODES.selectFrom(low, high).reinterpretAsShorts();
        IntVector scale0 = SCALES.selectFrom(low, high).reinterpretAsInts();
        low = ByteVector.fromMemorySegment(BYTES, w, row1 + unit, ORDER);
        high = ByteVector.fromMemorySegment(BYTES, w, row1 + unit + SECOND, ORDER);
        ShortVector c1 = CODES.selectFrom(low, high).reinterpretAsShorts();
        IntVector scale1 = SCALES.selectFrom(low, high).reinterpretAsInts();
        IntVector y = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector p0 = c0.reinterpretAsInts().mul(y).sub(offset);
        IntVector p1 = c1.reinterpretAsInts().mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        scale0 = scale0.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
        scale1 = scale1.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
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
    long step = 2 * Opaque.blockBytes(DType.Q4_0);
    long lastAt = FourBlocks.lastAt(DType.Q4_0, to.k);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u += 2) {
      long unit = at + Math.min((u - first) * step, lastAt);
      ByteVector low = ByteVector.fromMemorySegment(BYTES, w, unit, ORDER);
      ByteVector high = ByteVector.fromMemorySegment(BYTES, w, unit + SECOND, ORDER);
      ShortVector codes = CODES.selectFrom(low, high).reinterpretAsShorts();
      long pairsAt = 2L * BYTES_OF_VECTOR * u;
      int eights = OFFSETS;
      for (int i = 0; i < 4; i++) {
        codes
            .reinterpretAsInts()
            .sub(eights)
            .intoMemorySegment(to.pairs, pairsAt + i * BYTES_OF_VECTOR, ORDER);
        codes = codes.lanewise(LSHR, 4);
        eights = eights >>> 4 & 0xfff * BOTH;
      }
      SCALES
          .selectFrom(low, high)
          .reinterpretAsInts()
          .lanewise(ASHR, 3)
          .and(SIGN_EXPONENT_MANTISSA)
          .intoMemorySegment(to.scales, pairsAt / 2, ORDER);
    }
  }
}
