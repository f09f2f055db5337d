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
 * Rows of Q4_0 by vectors of 256 bits: a unit is a block, and a lane has two of its bytes. The
 * first vector of a unit keeps the high nibbles above the low ones, see {@link IntegerFormat}.
 *
 * <p>Four rows at once share the loads of activations, and the arithmetic of addresses.
 */
final class Q40Narrow implements IntegerRows {
  private static final int QS = 2;
  private static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;

  /** What codes are larger by than the values they stand for. */
  private static final int OFFSET = 8 * BOTH;

  /** What a byte of two codes is larger by. */
  private static final int OFFSET_OF_BYTE = 17 * OFFSET;

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
    long step = Opaque.blockBytes(DType.Q4_0);
    long unit = Opaque.unitBytes();
    int bits = Opaque.four();
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
        ByteVector bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        ShortVector codes = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        IntVector p = codes.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = codes.reinterpretAsInts().mul(x0).add(p).sub(offset);
        FloatVector scale =
            FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block) & 0xffff]);
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        block = row1 + blockAt;
        bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        codes = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        p = codes.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = codes.reinterpretAsInts().mul(x0).add(p).sub(offset);
        scale = FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block) & 0xffff]);
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        block = row2 + blockAt;
        bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        codes = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        p = codes.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = codes.reinterpretAsInts().mul(x0).add(p).sub(offset);
        scale = FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block) & 0xffff]);
        sum2 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum2);
        block = row3 + blockAt;
        bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
        codes = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
        p = codes.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = codes.reinterpretAsInts().mul(x0).add(p).sub(offset);
        scale = FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block) & 0xffff]);
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
    long step = Opaque.blockBytes(DType.Q4_0);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) * step;
      long pairsAt = 2L * BYTES_OF_VECTOR * u;
      ByteVector bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
      ShortVector codes = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
      codes.reinterpretAsInts().sub(OFFSET_OF_BYTE).intoMemorySegment(to.pairs, pairsAt, ORDER);
      codes
          .lanewise(LSHR, 4)
          .reinterpretAsInts()
          .sub(OFFSET)
          .intoMemorySegment(to.pairs, pairsAt + BYTES_OF_VECTOR, ORDER);
      FloatVector.broadcast(FLOATS, Widen.half(w, block))
          .intoMemorySegment(to.scales, pairsAt / 2, ORDER);
    }
  }
}
