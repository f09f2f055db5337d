package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.UNITS_OF_BLOCK;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of Q5_K by vectors of 256 bits: as {@link Q4KNarrow}, and one load has the fifth bits of all
 * units.
 */
final class Q5KNarrow implements IntegerRows {
  private static final int QH = 16;
  private static final int QS = 48;

  /** Where the fifth bits go. */
  private static final int FIFTH = 0x10101010;

  private static final int LOW_NIBBLES = 0x0f0f0f0f;

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
    long step = Opaque.blockBytes(DType.Q5_K);
    long unit = Opaque.unitBytes();
    int bits = Opaque.eight();
    long vector = unit / 2;
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      FloatVector least0 = FloatVector.zero(FLOATS);
      FloatVector least1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS_OF_BLOCK;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / UNITS_OF_BLOCK;
        }
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        FloatVector ofMinima = FloatVector.fromMemorySegment(FLOATS, sums, b * vector, ORDER);
        long head0 = Widen.doubleWord(w, block0);
        long tail0 = Widen.doubleWord(w, block0 + 8);
        FloatVector minima0 = KScales.of8(KQuantScales.mins(tail0));
        least0 = minima0.mul(KQuantScales.half(head0 >>> 16)).fma(ofMinima, least0);
        FloatVector codes0 = KScales.of8(KQuantScales.scales(head0, tail0));
        codes0.mul(KQuantScales.half(head0)).intoArray(lanes, SCRATCH);
        IntVector h0 = IntVector.fromMemorySegment(INTS, w, block0 + QH, ORDER);
        long head1 = Widen.doubleWord(w, block1);
        long tail1 = Widen.doubleWord(w, block1 + 8);
        FloatVector minima1 = KScales.of8(KQuantScales.mins(tail1));
        least1 = minima1.mul(KQuantScales.half(head1 >>> 16)).fma(ofMinima, least1);
        FloatVector codes1 = KScales.of8(KQuantScales.scales(head1, tail1));
        codes1.mul(KQuantScales.half(head1)).intoArray(lanes, SCRATCH + COUNT);
        IntVector h1 = IntVector.fromMemorySegment(INTS, w, block1 + QH, ORDER);
        int scaleAt = SCRATCH;
        long xAt = b * UNITS_OF_BLOCK * unit;
        long codesAt = QS;
        for (int j = 0; j < UNITS_OF_BLOCK / 2; j++) {
          IntVector v0 = IntVector.fromMemorySegment(INTS, w, block0 + codesAt, ORDER);
          IntVector v1 = IntVector.fromMemorySegment(INTS, w, block1 + codesAt, ORDER);
          codesAt += vector;
          IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          IntVector c = v0.and(LOW_NIBBLES).or(h0.lanewise(LSHL, 4).and(FIFTH));
          IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          FloatVector scale = FloatVector.broadcast(FLOATS, lanes[scaleAt]);
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = v1.and(LOW_NIBBLES).or(h1.lanewise(LSHL, 4).and(FIFTH));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = FloatVector.broadcast(FLOATS, lanes[scaleAt + COUNT]);
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          xAt += unit;
          c = v0.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h0.lanewise(LSHL, 3).and(FIFTH));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = FloatVector.broadcast(FLOATS, lanes[scaleAt + 1]);
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          c = v1.lanewise(LSHR, 4).and(LOW_NIBBLES).or(h1.lanewise(LSHL, 3).and(FIFTH));
          p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          scale = FloatVector.broadcast(FLOATS, lanes[scaleAt + COUNT + 1]);
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          scaleAt += 2;
          h0 = h0.lanewise(LSHR, 2);
          h1 = h1.lanewise(LSHR, 2);
        }
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      least0.intoArray(lanes, 2 * COUNT * r + COUNT);
      sum1.intoArray(lanes, 2 * COUNT * other);
      least1.intoArray(lanes, 2 * COUNT * other + COUNT);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q5_K);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      Q4KNarrow.unpackScales(w, block, to, b);
      IntVector h = IntVector.fromMemorySegment(INTS, w, block + QH, ORDER);
      for (int j = 0; j < UNITS_OF_BLOCK / 2; j++) {
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 32 * j, ORDER);
        int unit = UNITS_OF_BLOCK * b + 2 * j;
        to.store(unit, v.and(LOW_NIBBLES).or(h.lanewise(LSHL, 4).and(FIFTH)), 8);
        v = v.lanewise(LSHR, 4);
        to.store(unit + 1, v.and(LOW_NIBBLES).or(h.lanewise(LSHL, 3).and(FIFTH)), 8);
        h = h.lanewise(LSHR, 2);
      }
    }
  }
}
