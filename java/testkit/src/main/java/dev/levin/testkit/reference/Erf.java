package dev.levin.testkit.reference;

/** The Gauss error function in float64, which the JDK lacks. */
final class Erf {
  private static final int TERMS = 200;
  private static final double SERIES_LIMIT = 2.5;

  private Erf() {}

  /** {@code 1 - erf(x)}, accurate to about 1e-14 relative on either tail. */
  static double complement(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x < 0) {
      return 2 - complement(-x);
    }
    return x < SERIES_LIMIT ? 1 - series(x) : continuedFraction(x);
  }

  /** 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms positive, so no cancellation. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < TERMS; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** e^(-x^2) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from the inside out. */
  private static double continuedFraction(double x) {
    double tail = x;
    for (int n = TERMS; n > 0; n--) {
      tail = x + n / 2.0 / tail;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  }
}
