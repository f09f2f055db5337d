package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** As {@link IntegerTiles}, for groups of 16 values. */
final class SixteenTiles {
  /** Pairs of a group. */
  private static final int GROUP = 8;

  /** Vectors of a group. */
  private static final int STEPS = GROUP / COUNT;

  private SixteenTiles() {}

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
      int groups,
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
    for (int j = 0; j < groups * STEPS; j++) {
      int i = j * COUNT;
      FloatVector scale0 = FloatVector.broadcast(FLOATS, s[s0 + j / STEPS]);
      FloatVector scale1 = FloatVector.broadcast(FLOATS, s[s1 + j / STEPS]);
      IntVector a = IntVector.fromArray(INTS, w, w0 + i);
      IntVector c = IntVector.fromArray(INTS, w, w1 + i);
      IntVector u = IntVector.fromArray(INTS, x, x0 + i);
      IntVector pairs00 = a.mul(u);
      sum00 = ((FloatVector) pairs00.convertShape(I2F, FLOATS, 0)).fma(scale0, sum00);
      IntVector pairs01 = c.mul(u);
      sum01 = ((FloatVector) pairs01.convertShape(I2F, FLOATS, 0)).fma(scale1, sum01);
      u = IntVector.fromArray(INTS, x, x1 + i);
      IntVector pairs10 = a.mul(u);
      sum10 = ((FloatVector) pairs10.convertShape(I2F, FLOATS, 0)).fma(scale0, sum10);
      IntVector pairs11 = c.mul(u);
      sum11 = ((FloatVector) pairs11.convertShape(I2F, FLOATS, 0)).fma(scale1, sum11);
      u = IntVector.fromArray(INTS, x, x2 + i);
      IntVector pairs20 = a.mul(u);
      sum20 = ((FloatVector) pairs20.convertShape(I2F, FLOATS, 0)).fma(scale0, sum20);
      IntVector pairs21 = c.mul(u);
      sum21 = ((FloatVector) pairs21.convertShape(I2F, FLOATS, 0)).fma(scale1, sum21);
      u = IntVector.fromArray(INTS, x, x3 + i);
      IntVector pairs30 = a.mul(u);
      sum30 = ((FloatVector) pairs30.convertShape(I2F, FLOATS, 0)).fma(scale0, sum30);
      IntVector pairs31 = c.mul(u);
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
      int groups,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    for (int j = 0; j < groups * STEPS; j++) {
      int i = j * COUNT;
      FloatVector scale0 = FloatVector.broadcast(FLOATS, s[s0 + j / STEPS]);
      FloatVector scale1 = FloatVector.broadcast(FLOATS, s[s1 + j / STEPS]);
      IntVector u = IntVector.fromArray(INTS, x, x0 + i);
      IntVector a = IntVector.fromArray(INTS, w, w0 + i);
      IntVector pairs0 = a.mul(u);
      sum0 = ((FloatVector) pairs0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
      IntVector c = IntVector.fromArray(INTS, w, w1 + i);
      IntVector pairs1 = c.mul(u);
      sum1 = ((FloatVector) pairs1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }
}
