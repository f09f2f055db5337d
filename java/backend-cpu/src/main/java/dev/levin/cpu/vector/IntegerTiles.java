package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.load;
import static dev.levin.cpu.vector.Pairs.scale;
import static dev.levin.cpu.vector.Pairs.toFloats;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Sums of products of unpacked weights, several at once so that each load serves several of them.
 *
 * <p>A tile covers some groups of its rows. Its accumulators, activation rows outermost, begin with
 * what {@code lanes} hold and are left there. All kernels take pairs of weights {@code w} of two
 * rows and their scales {@code s}, and pairs of activations {@code x}.
 */
final class IntegerTiles {
  /** Pairs of a group of 32 values. */
  private static final int GROUP = 16;

  private static final int HALF = GROUP / 2;

  private IntegerTiles() {}

  private static FloatVector product(IntVector a, IntVector u, IntVector b, IntVector v) {
    return toFloats(a.mul(u).add(b.mul(v)));
  }

  /** Three activation rows, {@code stride} pairs apart, by two weight rows. */
  static void threeByTwo(
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
    FloatVector sum00 = load(lanes, at);
    FloatVector sum01 = load(lanes, at + COUNT);
    FloatVector sum10 = load(lanes, at + 2 * COUNT);
    FloatVector sum11 = load(lanes, at + 3 * COUNT);
    FloatVector sum20 = load(lanes, at + 4 * COUNT);
    FloatVector sum21 = load(lanes, at + 5 * COUNT);
    int x1 = x0 + stride;
    int x2 = x1 + stride;
    for (int g = 0; g < groups; g++) {
      FloatVector scale0 = scale(s[s0 + g]);
      FloatVector scale1 = scale(s[s1 + g]);
      for (int i = g * GROUP; i < g * GROUP + HALF; i += COUNT) {
        IntVector a = load(w, w0 + i);
        IntVector b = load(w, w0 + i + HALF);
        IntVector c = load(w, w1 + i);
        IntVector d = load(w, w1 + i + HALF);
        IntVector u = load(x, x0 + i);
        IntVector v = load(x, x0 + i + HALF);
        sum00 = product(a, u, b, v).fma(scale0, sum00);
        sum01 = product(c, u, d, v).fma(scale1, sum01);
        u = load(x, x1 + i);
        v = load(x, x1 + i + HALF);
        sum10 = product(a, u, b, v).fma(scale0, sum10);
        sum11 = product(c, u, d, v).fma(scale1, sum11);
        u = load(x, x2 + i);
        v = load(x, x2 + i + HALF);
        sum20 = product(a, u, b, v).fma(scale0, sum20);
        sum21 = product(c, u, d, v).fma(scale1, sum21);
      }
    }
    sum00.intoArray(lanes, at);
    sum01.intoArray(lanes, at + COUNT);
    sum10.intoArray(lanes, at + 2 * COUNT);
    sum11.intoArray(lanes, at + 3 * COUNT);
    sum20.intoArray(lanes, at + 4 * COUNT);
    sum21.intoArray(lanes, at + 5 * COUNT);
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
    FloatVector sum0 = load(lanes, at);
    FloatVector sum1 = load(lanes, at + COUNT);
    for (int g = 0; g < groups; g++) {
      FloatVector scale0 = scale(s[s0 + g]);
      FloatVector scale1 = scale(s[s1 + g]);
      for (int i = g * GROUP; i < g * GROUP + HALF; i += COUNT) {
        IntVector u = load(x, x0 + i);
        IntVector v = load(x, x0 + i + HALF);
        sum0 = product(load(w, w0 + i), u, load(w, w0 + i + HALF), v).fma(scale0, sum0);
        sum1 = product(load(w, w1 + i), u, load(w, w1 + i + HALF), v).fma(scale1, sum1);
      }
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }

  /** Multiplies {@code count} accumulators. */
  static void scaleBy(float[] lanes, int at, int count, float factor) {
    for (int i = at; i < at + count * COUNT; i += COUNT) {
      load(lanes, i).mul(factor).intoArray(lanes, i);
    }
  }
}
