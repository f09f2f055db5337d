package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORT;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2S;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of MXFP4 by vectors of 256 bits: a unit is a block. Four rows at once share the loads of
 * activations, and the arithmetic of addresses.
 */
final class Mxfp4Narrow implements IntegerRows {
  /** Scales are read as if of the values themselves. */
  static final float REBIAS = 0.5f;

  private static final int EXPONENT = 0x7f800000;
  private static final byte LOW_NIBBLE = 15;
  private static final int QS = 1;
  private static final int OFFSET = 12 * BOTH;
  static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;

  /** Twice the E2M1 values and 12. */
  static final ByteVector LEVELS =
      ByteVector.fromArray(
          CODES, new byte[] {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0}, 0);

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
    long step = Opaque.blockBytes(DType.MXFP4);
    long unit = Opaque.unitBytes();
    int first = token * a.units;
    int last = first + a.units;
    int quarter = (rows + 3) / 4;
    for (int r = 0; r < quarter; r++) {
      int r1 = Math.min(quarter + r, rows - 1);
      int r2 = Math.min(2 * quarter + r, rows - 1);
      int r3 = Math.min(3 * quarter + r, rows - 1);
      long row0 = at + r * stride;
      long row1 = at + r1 * stride;
      long row2 = at + r2 * stride;
      long row3 = at + r3 * stride;
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      FloatVector sum2 = FloatVector.zero(FLOATS);
      FloatVector sum3 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run];
      for (int u = first; u < last; u++) {
        if (u == end) {
          float factor = runSteps[run++];
          sum0 = sum0.mul(factor);
          sum1 = sum1.mul(factor);
          sum2 = sum2.mul(factor);
          sum3 = sum3.mul(factor);
          end = ends[run];
        }
        long xAt = u * unit;
        long blockAt = (u - first) * step;
        IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        long block = row0 + blockAt;
        ByteVector codes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        ByteVector lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        ByteVector upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        IntVector p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
        p =
            p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                .sub(offset);
        IntVector exponents =
            ShortVector.broadcast(SHORTS, w.get(SHORT, block)).reinterpretAsInts();
        FloatVector scale = exponents.lanewise(LSHL, 23).and(EXPONENT).reinterpretAsFloats();
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        block = row1 + blockAt;
        codes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
        p =
            p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                .sub(offset);
        exponents = ShortVector.broadcast(SHORTS, w.get(SHORT, block)).reinterpretAsInts();
        scale = exponents.lanewise(LSHL, 23).and(EXPONENT).reinterpretAsFloats();
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        block = row2 + blockAt;
        codes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
        p =
            p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                .sub(offset);
        exponents = ShortVector.broadcast(SHORTS, w.get(SHORT, block)).reinterpretAsInts();
        scale = exponents.lanewise(LSHL, 23).and(EXPONENT).reinterpretAsFloats();
        sum2 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum2);
        block = row3 + blockAt;
        codes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
        p =
            p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                .sub(offset);
        exponents = ShortVector.broadcast(SHORTS, w.get(SHORT, block)).reinterpretAsInts();
        scale = exponents.lanewise(LSHL, 23).and(EXPONENT).reinterpretAsFloats();
        sum3 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum3);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * r1);
      sum2.intoArray(lanes, 2 * COUNT * r2);
      sum3.intoArray(lanes, 2 * COUNT * r3);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.MXFP4);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) * step;
      long pairsAt = 2L * BYTES_OF_VECTOR * u;
      unpack(w, block + QS, to.pairs, pairsAt);
      ShortVector.broadcast(SHORTS, w.get(SHORT, block))
          .reinterpretAsInts()
          .lanewise(LSHL, 23)
          .and(EXPONENT)
          .intoMemorySegment(to.scales, pairsAt / 2, ORDER);
    }
  }

  /** Unpacks 16 bytes of codes. */
  static void unpack(MemorySegment w, long at, MemorySegment pairs, long pairsAt) {
    ByteVector codes = ByteVector.fromMemorySegment(CODES, w, at, ORDER);
    levels(codes).intoMemorySegment(pairs, pairsAt, ORDER);
    codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
    levels(codes).intoMemorySegment(pairs, pairsAt + BYTES_OF_VECTOR, ORDER);
  }

  private static IntVector levels(ByteVector codes) {
    ByteVector levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
    return levels.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().sub(OFFSET);
  }
}
