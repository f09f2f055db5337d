package dev.levin.cpu.scalar;

import dev.levin.core.op.Activation;

/** Functions of one value, in float64. */
public final class ScalarMath {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

  /**
   * Coefficients in t of {@code erfc(x) * exp(x^2) / t} with {@code t = 1 / (1 + x / 2)}, x &gt;=
   * 0: a least-squares fit at Chebyshev nodes, relative error below 2e-9.
   */
  private static final double[] ERFC = {
    0.28209479234764556,
    0.28209464521551025,
    0.24683983246432684,
    0.1761867348471165,
    0.0847642110886181,
    -0.008200496984511491,
    -0.05670684542914261,
    0.003909344163362964,
    -0.24795113912453035,
    0.5551398497995808,
    -0.4892370906537963,
    0.20582768759183773,
    -0.034761526041619493
  };

  private ScalarMath() {}

  /** f(gate) * up. */
  public static float activate(Activation activation, float gate, float up) {
    return switch (activation) {
      case SILU -> (float) (gate * sigmoid(gate) * up);
      case GELU_TANH -> (float) (gate * geluTanhFactor(gate) * up);
      case GELU_ERF -> (float) (gate * normalCdf(gate) * up);
      case RELU -> Math.max(gate, 0f) * up;
      case RELU_SQUARED -> Math.max(gate, 0f) * Math.max(gate, 0f) * up;
      case SWIGLU_CLAMPED -> {
        double g = Math.min(gate, 7f);
        double u = Math.clamp(up, -7f, 7f);
        yield (float) (g * sigmoid(1.702 * g) * (u + 1));
      }
    };
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double geluTanhFactor(double x) {
    return 0.5 * (1 + Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));
  }

  /** The standard normal distribution function, 0.5 (1 + erf(x / sqrt 2)). */
  static double normalCdf(double x) {
    double upperTail = 0.5 * erfc(Math.abs(x) * SQRT_HALF);
    return x < 0 ? upperTail : 1 - upperTail;
  }

  /** The complementary error function of x &gt;= 0. */
  private static double erfc(double x) {
    double t = 1 / (1 + 0.5 * x);
    double sum = 0;
    for (int i = ERFC.length - 1; i >= 0; i--) {
      sum = sum * t + ERFC[i];
    }
    return t * sum * Math.exp(-x * x);
  }
}
