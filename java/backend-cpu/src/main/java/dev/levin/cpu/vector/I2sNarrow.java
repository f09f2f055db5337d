package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/** Rows of I2_S by vectors of 256 bits: as {@link Tq20Pairs}, without scales. */
final class I2sNarrow implements IntegerRows {
  private static final int UNITS = 4;

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
    long step = Opaque.blockBytes(DType.I2_S);
    long unit = Opaque.unitBytes();
    int bits = Opaque.two();
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
        long xAt = b * UNITS * unit;
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        IntVector y = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        ShortVector c0 = IntVector.fromMemorySegment(INTS, w, block0, ORDER).reinterpretAsShorts();
        ShortVector c1 = IntVector.fromMemorySegment(INTS, w, block1, ORDER).reinterpretAsShorts();
        IntVector p0 = c0.reinterpretAsInts().mul(y).sub(offset);
        IntVector p1 = c1.reinterpretAsInts().mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 1 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 4 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 5 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 6 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 7 * BYTES_OF_VECTOR, ORDER);
        c0 = c0.lanewise(LSHR, bits);
        c1 = c1.lanewise(LSHR, bits);
        p0 = p0.add(c0.reinterpretAsInts().mul(y));
        p1 = p1.add(c1.reinterpretAsInts().mul(y));
        sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).add(sum0);
        sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).add(sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.I2_S);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    int first = r * (to.units / UNITS);
    for (int b = first; b < first + to.units / UNITS; b++) {
      long vectors = 2L * UNITS * b;
      Tq20Pairs.unpack(w, at + (b - first) * step, to.pairs, BYTES_OF_VECTOR * vectors);
      one.intoMemorySegment(to.scales, BYTES_OF_VECTOR * (vectors / 2), ORDER);
    }
  }
}
