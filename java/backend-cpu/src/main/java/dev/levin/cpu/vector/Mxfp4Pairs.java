package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** Rows of MXFP4: one load has both blocks of a unit, their scales among the codes. */
final class Mxfp4Pairs implements IntegerRows {
  /** Scales are read as if of the values themselves. */
  static final float REBIAS = 0.5f;

  /** Seven bits below its place in an F32. */
  private static final int EXPONENT = 0x00ff0000;

  /**
   * Twice the E2M1 values and 12, by the low five bits of a lane: a code and one bit of what lies
   * above it.
   */
  private static final ShortVector LEVELS =
      ShortVector.fromArray(
          SHORTS,
          new short[] {
            12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0,
            12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0
          },
          0);

  private static final ByteVector CODES = TwoBlocks.codes(DType.MXFP4, 1);
  private static final ByteVector SCALES = TwoBlocks.scales(DType.MXFP4);

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
      for (int u = first; u < last; u++) {
        if (u == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run];
        }
        long xAt = 128L * u;
        long unit = (u - first) * step;
        IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER);
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        ByteVector bytes = ByteVector.fromMemorySegment(BYTES, w, row0 + unit, ORDER);
        IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
        IntVector exponents = SCALES.selectFrom(bytes).reinterpretAsInts().and(EXPONENT);
        ShortVector lower = codes.reinterpretAsShorts();
        ShortVector upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
        IntVector p = lower.selectFrom(LEVELS).reinterpretAsInts().mul(x0);
        p = p.add(upper.selectFrom(LEVELS).reinterpretAsInts().mul(x1)).sub(offset);
        FloatVector scale = exponents.lanewise(LSHL, 7).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        bytes = ByteVector.fromMemorySegment(BYTES, w, row1 + unit, ORDER);
        codes = CODES.selectFrom(bytes).reinterpretAsInts();
        exponents = SCALES.selectFrom(bytes).reinterpretAsInts().and(EXPONENT);
        lower = codes.reinterpretAsShorts();
        upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
        p = lower.selectFrom(LEVELS).reinterpretAsInts().mul(x0);
        p = p.add(upper.selectFrom(LEVELS).reinterpretAsInts().mul(x1)).sub(offset);
        scale = exponents.lanewise(LSHL, 7).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = 2 * Opaque.blockBytes(DType.MXFP4);
    for (int u = r * to.units; u < (r + 1) * to.units; u++) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(BYTES, w, at + (u - r * to.units) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
      ShortVector lower = codes.reinterpretAsShorts();
      ShortVector upper = codes.lanewise(LSHR, 4).reinterpretAsShorts();
      IntVector c0 = lower.selectFrom(LEVELS).reinterpretAsInts();
      IntVector c1 = upper.selectFrom(LEVELS).reinterpretAsInts();
      c0.sub(12 * BOTH).intoMemorySegment(to.pairs, 4L * (32 * u), ORDER);
      c1.sub(12 * BOTH).intoMemorySegment(to.pairs, 4L * (32 * u + COUNT), ORDER);
      IntVector exponents = SCALES.selectFrom(bytes).reinterpretAsInts();
      exponents
          .and(EXPONENT)
          .lanewise(LSHL, 7)
          .reinterpretAsFloats()
          .intoMemorySegment(to.scales, 4L * (COUNT * u), ORDER);
    }
  }
}
