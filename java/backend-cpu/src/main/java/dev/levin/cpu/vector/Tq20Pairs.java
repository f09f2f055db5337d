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

/** Rows of TQ2_0: a load has all codes of a block; each of its four units has two bits of a byte. */
final class Tq20Pairs implements IntegerRows {
  private static final int D = 64;
  private static final int CRUMBS = 3 * Pairs.BOTH;

  @Override
  public void dot(MemorySegment w, long at, IntegerActivations a, int token, float[] lanes) {
    int[] x = a.pairs;
    int[] offsets = a.offsets;
    float[] factors = a.scales;
    long step = Strides.of(DType.TQ2_0);
    int first = token * (a.units / 4);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int b = first; b < first + a.units / 4; b++) {
      long block = at + (b - first) * step;
      FloatVector scale =
          FloatVector.broadcast(FLOATS, Widen.half(w, block + D) * factors[4 * b]);
      IntVector v = IntVector.fromMemorySegment(INTS, w, block, ORDER);
      IntVector p = v.and(CRUMBS).mul(IntVector.fromArray(INTS, x, 128 * b));
      IntVector c = v.lanewise(LSHR, 8).and(CRUMBS);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, 64 * b));
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      c = v.lanewise(LSHR, 2).and(CRUMBS);
      p = c.mul(IntVector.fromArray(INTS, x, 128 * b + 2 * COUNT));
      c = v.lanewise(LSHR, 10).and(CRUMBS);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 3 * COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, 64 * b + COUNT));
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      c = v.lanewise(LSHR, 4).and(CRUMBS);
      p = c.mul(IntVector.fromArray(INTS, x, 128 * b + 4 * COUNT));
      c = v.lanewise(LSHR, 12).and(CRUMBS);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 5 * COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, 64 * b + 2 * COUNT));
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      c = v.lanewise(LSHR, 6).and(CRUMBS);
      p = c.mul(IntVector.fromArray(INTS, x, 128 * b + 6 * COUNT));
      c = v.lanewise(LSHR, 14).and(CRUMBS);
      p = p.add(c.mul(IntVector.fromArray(INTS, x, 128 * b + 7 * COUNT)));
      p = p.sub(IntVector.fromArray(INTS, offsets, 64 * b + 3 * COUNT));
      sum = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
    }
    sum.intoArray(lanes, 0);
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
        even.sub(Pairs.BOTH).intoArray(to.pairs, pair);
        IntVector odd = v.lanewise(LSHR, 8 + 2 * unit).and(CRUMBS);
        odd.sub(Pairs.BOTH).intoArray(to.pairs, pair + COUNT);
        scale.intoArray(to.scales, COUNT * (4 * b + unit));
      }
    }
  }
}
