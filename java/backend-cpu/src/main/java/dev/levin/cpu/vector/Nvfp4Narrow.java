package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2S;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of NVFP4 by vectors of 256 bits: 16 bytes of codes are a unit, whose scales are those of the
 * lower and the upper lanes.
 */
final class Nvfp4Narrow implements IntegerRows {
  private static final int UNITS = 2;
  private static final byte LOW_NIBBLE = 15;
  private static final int QS = 4;
  private static final VectorSpecies<Byte> CODES = Mxfp4Narrow.CODES;
  private static final ByteVector LEVELS = Mxfp4Narrow.LEVELS;
  private static final float[] SCALES = CodebookRows.HALF_SCALES;

  /** The second of the two scales of a unit. */
  private static final VectorMask<Float> SECOND = VectorMask.fromLong(FLOATS, 0xf0);

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
    long step = Opaque.blockBytes(DType.NVFP4);
    long unit = Opaque.unitBytes();
    int first = token * (a.units / UNITS);
    int last = first + a.units / UNITS;
    int pair = (rows + 1) / 2;
    for (int r = 0; r < pair; r++) {
      int other = Math.min(pair + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / UNITS;
        }
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        int codesOfScales0 = Widen.word(w, block0);
        int codesOfScales1 = Widen.word(w, block1);
        long xAt = b * UNITS * unit;
        long codesAt = QS;
        for (int j = 0; j < UNITS; j++) {
          IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          xAt += unit;
          ByteVector codes = ByteVector.fromMemorySegment(CODES, w, block0 + codesAt, ORDER);
          ByteVector lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
          codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
          ByteVector upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
          IntVector p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
          p =
              p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                  .sub(offset);
          FloatVector second = FloatVector.broadcast(FLOATS, SCALES[codesOfScales0 >>> 8 & 0xff]);
          FloatVector scale =
              FloatVector.broadcast(FLOATS, SCALES[codesOfScales0 & 0xff]).blend(second, SECOND);
          codesOfScales0 >>>= 16;
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          codes = ByteVector.fromMemorySegment(CODES, w, block1 + codesAt, ORDER);
          lower = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
          codes = codes.reinterpretAsLongs().lanewise(LSHR, 4).reinterpretAsBytes();
          upper = codes.and(LOW_NIBBLE).selectFrom(LEVELS);
          p = lower.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x0);
          p =
              p.add(upper.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts().mul(x1))
                  .sub(offset);
          second = FloatVector.broadcast(FLOATS, SCALES[codesOfScales1 >>> 8 & 0xff]);
          scale =
              FloatVector.broadcast(FLOATS, SCALES[codesOfScales1 & 0xff]).blend(second, SECOND);
          codesOfScales1 >>>= 16;
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          codesAt += unit / 4;
        }
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.NVFP4);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) / UNITS * step;
      int half = (u - first) % UNITS;
      int scales = Widen.word(w, block) >>> 16 * half;
      FloatVector second = FloatVector.broadcast(FLOATS, SCALES[scales >>> 8 & 0xff]);
      Mxfp4Narrow.unpack(w, block + QS + 16 * half, to.pairs, 2L * BYTES_OF_VECTOR * u);
      FloatVector.broadcast(FLOATS, SCALES[scales & 0xff])
          .blend(second, SECOND)
          .intoMemorySegment(to.scales, (long) BYTES_OF_VECTOR * u, ORDER);
    }
  }
}
