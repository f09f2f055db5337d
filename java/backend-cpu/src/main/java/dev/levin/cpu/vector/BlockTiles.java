package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Sums of products of unpacked weights with activations of eight bits, as {@link IntegerTiles}; but
 * products of pairs become floats before they are added.
 *
 * <p>All kernels take pairs {@code w} of two rows from bytes {@code w0} and {@code w1} on and pairs
 * {@code x} from byte {@code x0} on; their scales {@code ws} and {@code xs} are at half the
 * offsets.
 */
final class BlockTiles {
  private BlockTiles() {}

  /** Four activation rows, {@code stride} bytes apart, by two weight rows. */
  static void fourByTwo(
      MemorySegment w,
      MemorySegment ws,
      long w0,
      long w1,
      MemorySegment x,
      MemorySegment xs,
      long x0,
      long stride,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, lanes, at + 2 * COUNT);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, lanes, at + 3 * COUNT);
    FloatVector sum20 = FloatVector.fromArray(FLOATS, lanes, at + 4 * COUNT);
    FloatVector sum21 = FloatVector.fromArray(FLOATS, lanes, at + 5 * COUNT);
    FloatVector sum30 = FloatVector.fromArray(FLOATS, lanes, at + 6 * COUNT);
    FloatVector sum31 = FloatVector.fromArray(FLOATS, lanes, at + 7 * COUNT);
    long x1 = x0 + stride;
    long x2 = x1 + stride;
    long x3 = x2 + stride;
    for (int j = 0; j < units; j++) {
      long i = 128L * j;
      IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, w, w0 + i + 64, ORDER);
      IntVector c = IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, w, w1 + i + 64, ORDER);
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, ws, (w0 + i) / 2, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, ws, (w1 + i) / 2, ORDER);
      IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, x, x0 + i + 64, ORDER);
      FloatVector scale = FloatVector.fromMemorySegment(FLOATS, xs, (x0 + i) / 2, ORDER);
      FloatVector pairs = (FloatVector) a.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) b.mul(v).convertShape(I2F, FLOATS, 0));
      sum00 = pairs.fma(scale0.mul(scale), sum00);
      pairs = (FloatVector) c.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) d.mul(v).convertShape(I2F, FLOATS, 0));
      sum01 = pairs.fma(scale1.mul(scale), sum01);
      u = IntVector.fromMemorySegment(INTS, x, x1 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x1 + i + 64, ORDER);
      scale = FloatVector.fromMemorySegment(FLOATS, xs, (x1 + i) / 2, ORDER);
      pairs = (FloatVector) a.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) b.mul(v).convertShape(I2F, FLOATS, 0));
      sum10 = pairs.fma(scale0.mul(scale), sum10);
      pairs = (FloatVector) c.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) d.mul(v).convertShape(I2F, FLOATS, 0));
      sum11 = pairs.fma(scale1.mul(scale), sum11);
      u = IntVector.fromMemorySegment(INTS, x, x2 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x2 + i + 64, ORDER);
      scale = FloatVector.fromMemorySegment(FLOATS, xs, (x2 + i) / 2, ORDER);
      pairs = (FloatVector) a.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) b.mul(v).convertShape(I2F, FLOATS, 0));
      sum20 = pairs.fma(scale0.mul(scale), sum20);
      pairs = (FloatVector) c.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) d.mul(v).convertShape(I2F, FLOATS, 0));
      sum21 = pairs.fma(scale1.mul(scale), sum21);
      u = IntVector.fromMemorySegment(INTS, x, x3 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x3 + i + 64, ORDER);
      scale = FloatVector.fromMemorySegment(FLOATS, xs, (x3 + i) / 2, ORDER);
      pairs = (FloatVector) a.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) b.mul(v).convertShape(I2F, FLOATS, 0));
      sum30 = pairs.fma(scale0.mul(scale), sum30);
      pairs = (FloatVector) c.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) d.mul(v).convertShape(I2F, FLOATS, 0));
      sum31 = pairs.fma(scale1.mul(scale), sum31);
    }
    sum00.intoArray(lanes, at);
    sum01.intoArray(lanes, at + COUNT);
    sum10.intoArray(lanes, at + 2 * COUNT);
    sum11.intoArray(lanes, at + 3 * COUNT);
    sum20.intoArray(lanes, at + 4 * COUNT);
    sum21.intoArray(lanes, at + 5 * COUNT);
    sum30.intoArray(lanes, at + 6 * COUNT);
    sum31.intoArray(lanes, at + 7 * COUNT);
  }

  /** One activation row by two weight rows. */
  static void oneByTwo(
      MemorySegment w,
      MemorySegment ws,
      long w0,
      long w1,
      MemorySegment x,
      MemorySegment xs,
      long x0,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    for (int j = 0; j < units; j++) {
      long i = 128L * j;
      IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, w, w0 + i + 64, ORDER);
      IntVector c = IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, w, w1 + i + 64, ORDER);
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, ws, (w0 + i) / 2, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, ws, (w1 + i) / 2, ORDER);
      IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, x, x0 + i + 64, ORDER);
      FloatVector scale = FloatVector.fromMemorySegment(FLOATS, xs, (x0 + i) / 2, ORDER);
      FloatVector pairs = (FloatVector) a.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) b.mul(v).convertShape(I2F, FLOATS, 0));
      sum0 = pairs.fma(scale0.mul(scale), sum0);
      pairs = (FloatVector) c.mul(u).convertShape(I2F, FLOATS, 0);
      pairs = pairs.add((FloatVector) d.mul(v).convertShape(I2F, FLOATS, 0));
      sum1 = pairs.fma(scale1.mul(scale), sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }
}
