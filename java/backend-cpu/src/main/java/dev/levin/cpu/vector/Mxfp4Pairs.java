package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.NIBBLES;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Rows of MXFP4: one load has both blocks of a unit, their scales among the codes. */
final class Mxfp4Pairs implements IntegerRows {
  /**
   * Twice the E2M1 values and 12 by inverted code: so the level of index 0, which the bytes between
   * codes have, is 0.
   */
  private static final ByteVector LEVELS =
      ByteVector.fromArray(
          BYTES,
          java.util.Arrays.copyOf(
              new byte[] {0, 4, 6, 8, 9, 10, 11, 12, 24, 20, 18, 16, 15, 14, 13, 12}, 64),
          0);

  private static final ByteVector CODES = TwoBlocks.codes(DType.MXFP4, 1);
  private static final ByteVector SCALES = TwoBlocks.scales(DType.MXFP4);

  @Override
  public void dot(MemorySegment w, long at, IntegerActivations a, int token, float[] lanes) {
    int[] x = a.pairs;
    int[] offsets = a.offsets;
    float[] factors = a.scales;
    long step = 2 * Strides.of(DType.MXFP4);
    int first = token * a.units;
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int u = first; u < first + a.units; u++) {
      ByteVector bytes = ByteVector.fromMemorySegment(BYTES, w, at + (u - first) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts().not();
      IntVector exponents = SCALES.selectFrom(bytes).reinterpretAsInts();
      ByteVector lower = codes.and(NIBBLES).reinterpretAsBytes();
      ByteVector upper = codes.lanewise(LSHR, 4).and(NIBBLES).reinterpretAsBytes();
      IntVector c0 = lower.selectFrom(LEVELS).reinterpretAsInts();
      IntVector c1 = upper.selectFrom(LEVELS).reinterpretAsInts();
      IntVector p = c0.mul(IntVector.fromArray(INTS, x, 32 * u));
      p = p.add(c1.mul(IntVector.fromArray(INTS, x, 32 * u + COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, COUNT * u));
      exponents = exponents.lanewise(LSHR, 16).and(255).max(1).sub(1);
      FloatVector scale = exponents.lanewise(LSHL, 23).reinterpretAsFloats();
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale.mul(factors[u]), sum);
    }
    sum.intoArray(lanes, 0);
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = 2 * Strides.of(DType.MXFP4);
    for (int u = r * to.units; u < (r + 1) * to.units; u++) {
      ByteVector bytes =
          ByteVector.fromMemorySegment(BYTES, w, at + (u - r * to.units) * step, ORDER);
      IntVector codes = CODES.selectFrom(bytes).reinterpretAsInts().not();
      ByteVector lower = codes.and(NIBBLES).reinterpretAsBytes();
      ByteVector upper = codes.lanewise(LSHR, 4).and(NIBBLES).reinterpretAsBytes();
      IntVector c0 = lower.selectFrom(LEVELS).reinterpretAsInts();
      IntVector c1 = upper.selectFrom(LEVELS).reinterpretAsInts();
      c0.sub(12 * BOTH).intoArray(to.pairs, 32 * u);
      c1.sub(12 * BOTH).intoArray(to.pairs, 32 * u + COUNT);
      IntVector exponents = SCALES.selectFrom(bytes).reinterpretAsInts();
      exponents = exponents.lanewise(LSHR, 16).and(255).max(1).sub(1);
      exponents.lanewise(LSHL, 23).reinterpretAsFloats().intoArray(to.scales, COUNT * u);
    }
  }
}
