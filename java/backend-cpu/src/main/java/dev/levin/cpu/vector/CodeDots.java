package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Products of activations with both rows of {@link Codes}, by the size of their groups. The sums
 * continue those in the lanes and are left there.
 */
final class CodeDots {
  private CodeDots() {}

  private static FloatVector scaled(Codes c, int at, float scale) {
    return Widen.codes(c.bytes, at).mul(scale);
  }

  static void scaled16(Codes c, float[] x, int xAt, int count) {
    FloatVector sum0 = load(c.lanes, 0);
    FloatVector sum1 = load(c.lanes, COUNT);
    for (int g = 0; g < count / 16; g++) {
      float scale0 = c.scales[g];
      float scale1 = c.scales[Codes.PIECE / 16 + g];
      for (int i = g * 16; i < g * 16 + 16; i += COUNT) {
        FloatVector v = load(x, xAt + i);
        sum0 = scaled(c, i, scale0).fma(v, sum0);
        sum1 = scaled(c, Codes.PIECE + i, scale1).fma(v, sum1);
      }
    }
    sum0.intoArray(c.lanes, 0);
    sum1.intoArray(c.lanes, COUNT);
  }

  static void scaled32(Codes c, float[] x, int xAt, int count) {
    FloatVector sum0 = load(c.lanes, 0);
    FloatVector sum1 = load(c.lanes, COUNT);
    for (int g = 0; g < count / 32; g++) {
      float scale0 = c.scales[g];
      float scale1 = c.scales[Codes.PIECE / 32 + g];
      for (int i = g * 32; i < g * 32 + 32; i += COUNT) {
        FloatVector v = load(x, xAt + i);
        sum0 = scaled(c, i, scale0).fma(v, sum0);
        sum1 = scaled(c, Codes.PIECE + i, scale1).fma(v, sum1);
      }
    }
    sum0.intoArray(c.lanes, 0);
    sum1.intoArray(c.lanes, COUNT);
  }

  /** The floats of row 0, whose groups have {@code group} values. */
  static void decode(Codes c, int group, float[] target, int to, int count) {
    for (int g = 0; g < count / group; g++) {
      float scale = c.scales[g];
      for (int i = g * group; i < (g + 1) * group; i += COUNT) {
        scaled(c, i, scale).intoArray(target, to + i);
      }
    }
  }
}
