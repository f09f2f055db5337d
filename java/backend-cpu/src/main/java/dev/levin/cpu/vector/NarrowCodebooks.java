package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products with IQ4_NL and IQ4_XS by vectors of 256 bits, the same to the bit as those of {@link
 * CodebookRows}: there a vector of floats holds half of the levels, here one of bytes has them all.
 */
final class NarrowCodebooks {
  private static final int GROUP = 32;
  private static final int NL_QS = 2;
  private static final int XS_QS = 8;
  private static final byte LOW_NIBBLE = 15;
  private static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;

  private static final ByteVector LEVELS =
      ByteVector.fromArray(
          CODES,
          new byte[] {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113},
          0);

  /** Brings the second eight bytes to the front. */
  private static final VectorShuffle<Byte> SECOND = VectorShuffle.iota(CODES, 8, 1, true);

  private NarrowCodebooks() {}

  /** Four rows at once: a sum waits for its last four times a block. */
  static void dotIq4Nl(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    long step = Opaque.blockBytes(DType.IQ4_NL);
    int end = xAt + k;
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
      long blockAt = 0;
      for (int i = xAt; i < end; i += GROUP) {
        FloatVector x0 = FloatVector.fromArray(FLOATS, x, i);
        FloatVector x1 = FloatVector.fromArray(FLOATS, x, i + COUNT);
        FloatVector x2 = FloatVector.fromArray(FLOATS, x, i + 2 * COUNT);
        FloatVector x3 = FloatVector.fromArray(FLOATS, x, i + 3 * COUNT);
        long block = row0 + blockAt;
        FloatVector d =
            FloatVector.broadcast(FLOATS, Float.float16ToFloat(w.get(Pairs.SHORT, block)));
        ByteVector codes = ByteVector.fromMemorySegment(CODES, w, block + NL_QS, ORDER);
        ByteVector levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x0, sum0);
        levels = levels.rearrange(SECOND);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x1, sum0);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x2, sum0);
        levels = levels.rearrange(SECOND);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x3, sum0);
        block = row1 + blockAt;
        d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(w.get(Pairs.SHORT, block)));
        codes = ByteVector.fromMemorySegment(CODES, w, block + NL_QS, ORDER);
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x0, sum1);
        levels = levels.rearrange(SECOND);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x1, sum1);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x2, sum1);
        levels = levels.rearrange(SECOND);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x3, sum1);
        block = row2 + blockAt;
        d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(w.get(Pairs.SHORT, block)));
        codes = ByteVector.fromMemorySegment(CODES, w, block + NL_QS, ORDER);
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum2 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x0, sum2);
        levels = levels.rearrange(SECOND);
        sum2 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x1, sum2);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum2 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x2, sum2);
        levels = levels.rearrange(SECOND);
        sum2 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x3, sum2);
        block = row3 + blockAt;
        d = FloatVector.broadcast(FLOATS, Float.float16ToFloat(w.get(Pairs.SHORT, block)));
        codes = ByteVector.fromMemorySegment(CODES, w, block + NL_QS, ORDER);
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum3 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x0, sum3);
        levels = levels.rearrange(SECOND);
        sum3 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x1, sum3);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum3 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x2, sum3);
        levels = levels.rearrange(SECOND);
        sum3 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d).fma(x3, sum3);
        blockAt += step;
      }
      out[outAt + r] = Lanes.sum(sum0);
      out[outAt + r1] = Lanes.sum(sum1);
      out[outAt + r2] = Lanes.sum(sum2);
      out[outAt + r3] = Lanes.sum(sum3);
    }
  }

  static void dotIq4Xs(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    long step = Opaque.blockBytes(DType.IQ4_XS);
    int end = xAt + k;
    long blockAt = 0;
    for (int block = xAt; block < end; block += 256) {
      float whole0 = Widen.half(w, w0 + blockAt);
      float whole1 = Widen.half(w, w1 + blockAt);
      int high0 = Widen.unsignedShort(w, w0 + blockAt + 2);
      int high1 = Widen.unsignedShort(w, w1 + blockAt + 2);
      int low0 = Widen.word(w, w0 + blockAt + 4);
      int low1 = Widen.word(w, w1 + blockAt + 4);
      long block0 = w0 + blockAt;
      long block1 = w1 + blockAt;
      blockAt += step;
      for (int at = block; at < block + 256; at += GROUP) {
        FloatVector d0 =
            FloatVector.broadcast(FLOATS, whole0 * ((low0 & 15 | (high0 & 3) << 4) - 32));
        FloatVector d1 =
            FloatVector.broadcast(FLOATS, whole1 * ((low1 & 15 | (high1 & 3) << 4) - 32));
        FloatVector x0 = FloatVector.fromArray(FLOATS, x, at);
        FloatVector x1 = FloatVector.fromArray(FLOATS, x, at + COUNT);
        FloatVector x2 = FloatVector.fromArray(FLOATS, x, at + 2 * COUNT);
        FloatVector x3 = FloatVector.fromArray(FLOATS, x, at + 3 * COUNT);
        ByteVector codes = ByteVector.fromMemorySegment(CODES, w, block0 + XS_QS, ORDER);
        ByteVector levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d0).fma(x0, sum0);
        levels = levels.rearrange(SECOND);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d0).fma(x1, sum0);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d0).fma(x2, sum0);
        levels = levels.rearrange(SECOND);
        sum0 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d0).fma(x3, sum0);
        codes = ByteVector.fromMemorySegment(CODES, w, block1 + XS_QS, ORDER);
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d1).fma(x0, sum1);
        levels = levels.rearrange(SECOND);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d1).fma(x1, sum1);
        codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
        levels = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d1).fma(x2, sum1);
        levels = levels.rearrange(SECOND);
        sum1 = ((FloatVector) levels.convertShape(B2F, FLOATS, 0)).mul(d1).fma(x3, sum1);
        low0 >>>= 4;
        low1 >>>= 4;
        high0 >>>= 2;
        high1 >>>= 2;
        block0 += GROUP / 2;
        block1 += GROUP / 2;
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }
}
