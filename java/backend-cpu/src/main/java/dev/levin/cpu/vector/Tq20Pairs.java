package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Rows of TQ2_0: a load has all codes of a block; each of its four units has two bits of a byte.
 * Codes are small enough for the products of the whole block to be added as integers.
 */
final class Tq20Pairs implements IntegerRows {
  private static final int D = 64;
  private static final int CRUMBS = 3 * Pairs.BOTH;

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
    long step = Strides.of(DType.TQ2_0);
    int first = token * (a.units / 4);
    int last = first + a.units / 4;
    long unit = a.unitBytes;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / 4;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / 4;
        }
        long xAt = 4 * b * unit;
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        // First, while the method is small enough for C2 to inline what is not the Vector API's.
        FloatVector scale0 = FloatVector.broadcast(FLOATS, Widen.half(w, block0 + D));
        FloatVector scale1 = FloatVector.broadcast(FLOATS, Widen.half(w, block1 + D));
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        IntVector v0 = IntVector.fromMemorySegment(INTS, w, block0, ORDER);
        IntVector v1 = IntVector.fromMemorySegment(INTS, w, block1, ORDER);
        IntVector y = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector p0 = v0.and(CRUMBS).mul(y).sub(offset);
        IntVector p1 = v1.and(CRUMBS).mul(y).sub(offset);
        y = IntVector.fromMemorySegment(INTS, x, xAt + 64, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 8).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 8).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 128, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 2).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 2).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 192, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 10).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 10).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 256, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 4).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 4).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 320, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 12).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 12).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 384, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 6).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 6).and(CRUMBS).mul(y));
        y = IntVector.fromMemorySegment(INTS, x, xAt + 448, ORDER);
        p0 = p0.add(v0.lanewise(LSHR, 14).and(CRUMBS).mul(y));
        p1 = p1.add(v1.lanewise(LSHR, 14).and(CRUMBS).mul(y));
        sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
        sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Strides.of(DType.TQ2_0);
    int first = r * (to.units / 4);
    for (int b = first; b < first + to.units / 4; b++) {
      long block = at + (b - first) * step;
      FloatVector scale = FloatVector.broadcast(FLOATS, Widen.half(w, block + D));
      IntVector v = IntVector.fromMemorySegment(INTS, w, block, ORDER);
      for (int unit = 0; unit < 4; unit++) {
        int pair = 128 * b + 32 * unit;
        IntVector even = v.lanewise(LSHR, 2 * unit).and(CRUMBS);
        even.sub(Pairs.BOTH).intoMemorySegment(to.pairs, 4L * (pair), ORDER);
        IntVector odd = v.lanewise(LSHR, 8 + 2 * unit).and(CRUMBS);
        odd.sub(Pairs.BOTH).intoMemorySegment(to.pairs, 4L * (pair + COUNT), ORDER);
        scale.intoMemorySegment(to.scales, 4L * (COUNT * (4 * b + unit)), ORDER);
      }
    }
  }
}
