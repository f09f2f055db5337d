package dev.levin.models.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.op.RopeStyle;
import org.junit.jupiter.api.Test;

/** Frequencies against values computed with transformers' formulas in float64. */
class RopeSpecTest {
  private static final float RELATIVE = 1e-6f;

  private static void assertFrequencies(double[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], expected[i] * RELATIVE, "frequency " + i);
    }
  }

  private static RopeSpec spec(int dim, double theta, RopeScaling scaling) {
    return new RopeSpec(RopeStyle.HALF, dim, theta, scaling);
  }

  @Test
  void llama3DividesLongWavelengthsOnly() {
    RopeSpec rope = spec(16, 500000, new RopeScaling.Llama3(8, 1, 4, 8192));
    assertFrequencies(
        new double[] {
          1.0,
          0.19392274474868576,
          0.03760603093086393,
          0.0072926647372171085,
          0.0005248461609929547,
          3.428102195952591e-05,
          6.647869871181236e-06,
          1.2891731721515574e-06
        },
        rope.inverseFrequencies(8192));
  }

  @Test
  void yarnRampsBetweenWholeDimensions() {
    RopeSpec rope = spec(16, 10000, new RopeScaling.Yarn(4, 128, 32, 1, 1.1, true));
    assertFrequencies(
        new double[] {
          1.0,
          0.23717082451262847,
          0.05,
          0.007905694150420948,
          0.0025,
          0.0007905694150420947,
          0.00025,
          7.905694150420948e-05
        },
        rope.inverseFrequencies(512));
    assertEquals(1.1f, rope.attentionFactor());
  }

  @Test
  void yarnWithoutTruncationRampsBetweenExactEnds() {
    RopeSpec rope = spec(32, 150000, new RopeScaling.Yarn(32, 4096, 32, 1, 1, false));
    float[] frequencies = rope.inverseFrequencies(131072);
    assertEquals(0.019335001126540362, frequencies[5], 1e-8);
    assertEquals(0.00045648391922324086, frequencies[8], 1e-10);
    assertEquals(4.387978250864396e-07, frequencies[15], 1e-13);
  }

  @Test
  void longRopeChoosesItsDivisorsByContext() {
    RopeSpec rope =
        spec(
            4, 100, new RopeScaling.LongRope(new double[] {1, 2}, new double[] {4, 8}, 1.19, 4096));
    assertArrayEquals(new float[] {1, 0.05f}, rope.inverseFrequencies(4096), 1e-7f);
    assertArrayEquals(new float[] {0.25f, 0.0125f}, rope.inverseFrequencies(4097), 1e-7f);
  }

  @Test
  void dynamicScalingStartsBeyondTheOriginalContext() {
    RopeSpec rope = spec(4, 100, new RopeScaling.Dynamic(2, 1024));
    assertArrayEquals(new float[] {1, 0.1f}, rope.inverseFrequencies(1024), 1e-7f);
    double base = 100 * Math.pow(2 * 2 - 1, 4.0 / 2);
    assertArrayEquals(
        new float[] {1, (float) (1 / Math.sqrt(base))}, rope.inverseFrequencies(2048), 1e-7f);
  }
}
