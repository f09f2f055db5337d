package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.UNITS_OF_BLOCK;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q2_K by vectors of 256 bits: a load of 32 bytes of codes makes four units, of two scales
 * each. The first vector of a unit keeps the odd bytes above the even ones.
 */
final class Q2KNarrow implements IntegerRows {
  private static final int QS = 16;
  private static final int D = 80;
  private static final int CRUMBS = 0x03030303;

  /** Of bytes that are a scale and above it a minimum. */
  private static final long LOW_NIBBLES = 0x0f0f0f0f0f0f0f0fL;

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
    MemorySegment sums = a.sums;
    int[] ends = a.runEnds;
    float[] runSteps = a.runSteps;
    long step = Opaque.blockBytes(DType.Q2_K);
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    long vector = Opaque.vectorBytes();
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    for (int r = 0; r < rows; r++) {
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector least0 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS_OF_BLOCK;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run++]);
          end = ends[run] / UNITS_OF_BLOCK;
        }
        long block0 = at + r * stride + (b - first) * step;
        float d0 = Widen.half(w, block0 + D);
        float m0 = Widen.half(w, block0 + D + 2);
        long xAt = b * UNITS_OF_BLOCK * unit;
        long sumsAt = b * unit;
        long scalesAt = 0;
        for (int j = 0; j < 2; j++) {
          FloatVector ofMinima = FloatVector.fromMemorySegment(FLOATS, sums, sumsAt, ORDER);
          sumsAt += vector;
          long packed0 = Widen.doubleWord(w, block0 + scalesAt);
          least0 = KScales.of8(packed0 >>> 4 & LOW_NIBBLES).mul(m0).fma(ofMinima, least0);
          IntVector scales0 = KScales.of8(packed0 & LOW_NIBBLES).mul(d0).reinterpretAsInts();
          IntVector v0 = IntVector.fromMemorySegment(INTS, w, block0 + QS + scalesAt * 4, ORDER);
          scalesAt += vector / 4;
          IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          IntVector c = v0.and(CRUMBS);
          IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          FloatVector scale = Q6KNarrow.SCALES_0.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          c = v0.lanewise(LSHR, 2).and(CRUMBS);
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = Q6KNarrow.SCALES_1.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          c = v0.lanewise(LSHR, 4).and(CRUMBS);
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = Q6KNarrow.SCALES_2.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          c = v0.lanewise(LSHR, 6).and(CRUMBS);
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = Q6KNarrow.SCALES_3.selectFrom(scales0).reinterpretAsFloats();
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        }
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      least0.intoArray(lanes, 2 * COUNT * r + COUNT);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q2_K);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      float d = Widen.half(w, block + D);
      float m = Widen.half(w, block + D + 2);
      for (int half = 0; half < 2; half++) {
        int unit = UNITS_OF_BLOCK * b + 4 * half;
        long packed = Widen.doubleWord(w, block + 8 * half);
        KScales.of8(packed >>> 4 & LOW_NIBBLES)
            .mul(m)
            .intoMemorySegment(to.minima, BYTES_OF_VECTOR * (2L * b + half), ORDER);
        Q6KNarrow.unpackScales(packed & LOW_NIBBLES, 0, d, to, unit);
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 32 * half, ORDER);
        for (int u = unit; u < unit + 4; u++) {
          to.store(u, v.and(CRUMBS), 8);
          v = v.lanewise(LSHR, 2);
        }
      }
    }
  }
}
