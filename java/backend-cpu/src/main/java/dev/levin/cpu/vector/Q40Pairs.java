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
  public void dot(MemorySegment w, long at, IntegerActivations a, int token, float[] lanes) {
    int[] x = a.pairs;
    int[] offsets = a.offsets;
    float[] factors = a.scales;
    long step = 2 * Strides.of(DType.Q4_0);
    int first = token * a.units;
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int u = first; u < first + a.units; u++) {
      ByteVector bytes = ByteVector.fromMemorySegment(BYTES, w, at + (u - first) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
      IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
      IntVector p = codes.and(NIBBLES).mul(IntVector.fromArray(INTS, x, 32 * u));
      IntVector upper = codes.lanewise(LSHR, 4).and(NIBBLES);
      p = p.add(upper.mul(IntVector.fromArray(INTS, x, 32 * u + COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, COUNT * u));
      FloatVector scale =
          halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale.mul(factors[u]), sum);
    }
    sum.intoArray(lanes, 0);
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = 2 * Strides.of(DType.Q4_0);
    for (int u = r * to.units; u < (r + 1) * to.units; u++) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(BYTES, w, at + (u - r * to.units) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts();
      codes.and(NIBBLES).sub(8 * BOTH).intoArray(to.pairs, 32 * u);
      codes.lanewise(LSHR, 4).and(NIBBLES).sub(8 * BOTH).intoArray(to.pairs, 32 * u + COUNT);
      IntVector halves = SCALES.selectFrom(bytes).reinterpretAsInts();
      FloatVector scale =
          halves.lanewise(ASHR, 3).and(SIGN_EXPONENT_MANTISSA).reinterpretAsFloats();
      scale.mul(REBIAS).intoArray(to.scales, COUNT * u);
    }
  }
}
