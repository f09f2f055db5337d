package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.NIBBLES;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Rows of Q4_0: one load has both blocks of a unit, their scales among the codes. */
final class Q40Pairs implements IntegerRows {
  /** A scale is read as if its exponent were that of an F32. */
  static final float REBIAS = 0x1p112f;

  private static final int SIGN_EXPONENT_MANTISSA = 0x8fffe000;
  private static final ByteVector CODES = TwoBlocks.codes(DType.Q4_0, 2);
  private static final ByteVector SCALES = TwoBlocks.scales(DType.Q4_0);

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
        IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
        IntVector upper = codes.lanewise(LSHR, 4).and(NIBBLES);
        IntVector p = codes.and(NIBBLES).mul(x0).add(upper.mul(x1)).sub(offset);
        halves = halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
        FloatVector scale = halves.reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        bytes = ByteVector.fromMemorySegment(BYTES, w, row1 + unit, ORDER);
        codes = CODES.selectFrom(bytes).reinterpretAsInts();
        halves = SCALES.selectFrom(bytes).reinterpretAsInts();
        upper = codes.lanewise(LSHR, 4).and(NIBBLES);
        p = codes.and(NIBBLES).mul(x0).add(upper.mul(x1)).sub(offset);
        halves = halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA);
        scale = halves.reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = 2 * Opaque.blockBytes(DType.Q4_0);
    for (int u = r * to.units; u < (r + 1) * to.units; u++) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(BYTES, w, at + (u - r * to.units) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
      codes.and(NIBBLES).sub(8 * BOTH).intoMemorySegment(to.pairs, 4L * (32 * u), ORDER);
      codes
          .lanewise(LSHR, 4)
          .and(NIBBLES)
          .sub(8 * BOTH)
          .intoMemorySegment(to.pairs, 4L * (32 * u + COUNT), ORDER);
      IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
      FloatVector scale =
          halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA).reinterpretAsFloats();
      scale.intoMemorySegment(to.scales, 4L * (COUNT * u), ORDER);
    }
  }
}
