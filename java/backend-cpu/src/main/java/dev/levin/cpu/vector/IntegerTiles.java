package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Sums of products of unpacked weights, several at once so that each load serves several of them.
 *
 * <p>A tile covers some units of its rows. Its accumulators, activation rows outermost, begin with
 * what {@code lanes} hold and are left there. All kernels take pairs of weights {@code w} of two
 * rows and their scales {@code s}, and pairs of activations {@code x}.
 *
 * <p>The kernels call the Vector API itself: past some size of a method, nothing but the API's own
 * methods is inlined, and a vector that is passed to another becomes an object.
 */
final class IntegerTiles {
  private IntegerTiles() {}

  /** Four activation rows, {@code stride} pairs apart, by two weight rows. */
  static void fourByTwo(
      int[] w,
      int w0,
      int w1,
      float[] s,
      int s0,
      int s1,
      int[] x,
      int x0,
      int stride,
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
    int x1 = x0 + stride;
    int x2 = x1 + stride;
    int x3 = x2 + stride;
    for (int j = 0; j < units; j++) {
      int i = 2 * COUNT * j;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, s, s0 + COUNT * j);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, s, s1 + COUNT * j);
      IntVector a = IntVector.fromArray(INTS, w, w0 + i);
      IntVector b = IntVector.fromArray(INTS, w, w0 + i + COUNT);
      IntVector c = IntVector.fromArray(INTS, w, w1 + i);
      IntVector d = IntVector.fromArray(INTS, w, w1 + i + COUNT);
      IntVector u = IntVector.fromArray(INTS, x, x0 + i);
      IntVector v = IntVector.fromArray(INTS, x, x0 + i + COUNT);
      IntVector pairs00 = a.mul(u).add(b.mul(v));
      sum00 = ((FloatVector) pairs00.convertShape(I2F, FLOATS, 0)).fma(scale0, sum00);
      IntVector pairs01 = c.mul(u).add(d.mul(v));
      sum01 = ((FloatVector) pairs01.convertShape(I2F, FLOATS, 0)).fma(scale1, sum01);
      u = IntVector.fromArray(INTS, x, x1 + i);
      v = IntVector.fromArray(INTS, x, x1 + i + COUNT);
      IntVector pairs10 = a.mul(u).add(b.mul(v));
      sum10 = ((FloatVector) pairs10.convertShape(I2F, FLOATS, 0)).fma(scale0, sum10);
      IntVector pairs11 = c.mul(u).add(d.mul(v));
      sum11 = ((FloatVector) pairs11.convertShape(I2F, FLOATS, 0)).fma(scale1, sum11);
      u = IntVector.fromArray(INTS, x, x2 + i);
      v = IntVector.fromArray(INTS, x, x2 + i + COUNT);
      IntVector pairs20 = a.mul(u).add(b.mul(v));
      sum20 = ((FloatVector) pairs20.convertShape(I2F, FLOATS, 0)).fma(scale0, sum20);
      IntVector pairs21 = c.mul(u).add(d.mul(v));
      sum21 = ((FloatVector) pairs21.convertShape(I2F, FLOATS, 0)).fma(scale1, sum21);
      u = IntVector.fromArray(INTS, x, x3 + i);
      v = IntVector.fromArray(INTS, x, x3 + i + COUNT);
      IntVector pairs30 = a.mul(u).add(b.mul(v));
      sum30 = ((FloatVector) pairs30.convertShape(I2F, FLOATS, 0)).fma(scale0, sum30);
      IntVector pairs31 = c.mul(u).add(d.mul(v));
      sum31 = ((FloatVector) pairs31.convertShape(I2F, FLOATS, 0)).fma(scale1, sum31);
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
      int[] w,
      int w0,
      int w1,
      float[] s,
      int s0,
      int s1,
      int[] x,
      int x0,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    for (int j = 0; j < units; j++) {
      int i = 2 * COUNT * j;
      IntVector u = IntVector.fromArray(INTS, x, x0 + i);
      IntVector v = IntVector.fromArray(INTS, x, x0 + i + COUNT);
      IntVector a = IntVector.fromArray(INTS, w, w0 + i);
      IntVector b = IntVector.fromArray(INTS, w, w0 + i + COUNT);
      FloatVector scale0 = FloatVector.fromArray(FLOATS, s, s0 + COUNT * j);
      sum0 = ((FloatVector) a.mul(u).add(b.mul(v)).convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
      IntVector c = IntVector.fromArray(INTS, w, w1 + i);
      IntVector d = IntVector.fromArray(INTS, w, w1 + i + COUNT);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, s, s1 + COUNT * j);
      sum1 = ((FloatVector) c.mul(u).add(d.mul(v)).convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }

  /** Multiplies {@code count} accumulators. */
  static void scaleBy(float[] lanes, int at, int count, float factor) {
    for (int i = at; i < at + count * COUNT; i += COUNT) {
      Pairs.load(lanes, i).mul(factor).intoArray(lanes, i);
    }
  }
}
