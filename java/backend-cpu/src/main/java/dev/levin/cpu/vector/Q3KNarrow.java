package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
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
 * Rows of Q3_K by vectors of 256 bits: a load of 32 bytes of codes makes four units, of two scales
 * each, and one load has the third bits of all units.
 */
final class Q3KNarrow implements IntegerRows {
  private static final int QS = 32;
  private static final int SCALES = 96;
  private static final int D = 108;
  private static final int CRUMBS = 0x03030303;

  /** Where the third bits go. */
  private static final int THIRD = 0x04040404;

  /** What codes are larger by than the values they stand for. */
  private static final int OFFSET = 4 * BOTH;

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
    long step = Opaque.blockBytes(DType.Q3_K);
    long unit = Opaque.unitBytes();
    long vector = unit / 2;
    int bits = Opaque.eight();
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    for (int r = 0; r < rows; r++) {
      FloatVector sum = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS_OF_BLOCK;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum = sum.mul(runSteps[run++]);
          end = ends[run] / UNITS_OF_BLOCK;
        }
        long block = at + r * stride + (b - first) * step;
        float d = Widen.half(w, block + D);
        long nibbles = Widen.doubleWord(w, block + SCALES);
        int pairs = Widen.word(w, block + SCALES + 8);
        long packed = KQuantScales.q3(nibbles, pairs, 0);
        long next = KQuantScales.q3(nibbles, pairs, 1);
        IntVector h = IntVector.fromMemorySegment(INTS, w, block, ORDER);
        long xAt = b * UNITS_OF_BLOCK * unit;
        long codesAt = block + QS;
        for (int half = 0; half < 2; half++) {
          IntVector scales = KScales.of8(packed).sub(32).mul(d).reinterpretAsInts();
          packed = next;
          IntVector v = IntVector.fromMemorySegment(INTS, w, codesAt, ORDER);
          codesAt += vector;
          IntVector c = v.and(CRUMBS).or(h.lanewise(LSHL, 2).and(THIRD));
          IntVector p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
          c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
          p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER)));
          p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER));
          FloatVector scale = Q6KNarrow.SCALES_0.selectFrom(scales).reinterpretAsFloats();
          sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
          xAt += unit;
          c = v.lanewise(LSHR, 2).and(CRUMBS).or(h.lanewise(LSHL, 1).and(THIRD));
          p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
          c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
          p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER)));
          p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER));
          scale = Q6KNarrow.SCALES_1.selectFrom(scales).reinterpretAsFloats();
          sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
          xAt += unit;
          c = v.lanewise(LSHR, 4).and(CRUMBS).or(h.and(THIRD));
          p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
          c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
          p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER)));
          p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER));
          scale = Q6KNarrow.SCALES_2.selectFrom(scales).reinterpretAsFloats();
          sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
          xAt += unit;
          c = v.lanewise(LSHR, 6).and(CRUMBS).or(h.lanewise(LSHR, 1).and(THIRD));
          p = c.mul(IntVector.fromMemorySegment(INTS, x, xAt, ORDER));
          c = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts();
          p = p.add(c.mul(IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER)));
          p = p.sub(IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER));
          scale = Q6KNarrow.SCALES_3.selectFrom(scales).reinterpretAsFloats();
          sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
          xAt += unit;
          h = h.lanewise(LSHR, 4);
        }
      }
      sum.intoArray(lanes, 2 * COUNT * r);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q3_K);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      float d = Widen.half(w, block + D);
      long nibbles = Widen.doubleWord(w, block + SCALES);
      int pairs = Widen.word(w, block + SCALES + 8);
      IntVector h = IntVector.fromMemorySegment(INTS, w, block, ORDER);
      for (int half = 0; half < 2; half++) {
        int unit = UNITS_OF_BLOCK * b + 4 * half;
        Q6KNarrow.unpackScales(KQuantScales.q3(nibbles, pairs, half), 32, d, to, unit);
        IntVector v = IntVector.fromMemorySegment(INTS, w, block + QS + 32 * half, ORDER);
        for (int u = unit; u < unit + 4; u++) {
          to.store(u, v.and(CRUMBS).or(h.lanewise(LSHL, 2).and(THIRD)), 8, OFFSET);
          v = v.lanewise(LSHR, 2);
          h = h.lanewise(LSHR, 1);
        }
      }
    }
  }
}
