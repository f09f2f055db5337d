package dev.levin.core.quant;

/**
 * Finds the scale s and the minimum m that make s * q - m nearest to a group of values, in weighted
 * squares, with q from 0 to a largest level.
 *
 * <p>For given q the best s and m solve two linear equations. Which q are best depends on the
 * scale, so a number of scales are tried, among them those that cut off the ends of the range.
 */
final class AffineSearch {
  private static final int REFINEMENTS = 2;

  private final int largest;
  private final boolean signedMinimum;
  private final float first;
  private final float step;
  private final int steps;

  private float weightSum;
  private float valueSum;

  /** Of the levels chosen last, the weighted sums of q, q * q and value * q. */
  private float levels;

  private float squares;
  private float products;

  private double solvedScale;
  private double solvedMinimum;

  /** The result. */
  double scale;

  /** The result; not negative unless the format has signed minima. */
  double minimum;

  /**
   * @param narrowest the first number of levels, not necessarily an integer, that the range of the
   *     values is divided into; the numbers up to {@code widest} follow in equal steps
   */
  AffineSearch(int largest, boolean signedMinimum, double narrowest, double widest, int steps) {
    this.largest = largest;
    this.signedMinimum = signedMinimum;
    this.first = (float) narrowest;
    this.step = (float) ((widest - narrowest) / (steps - 1));
    this.steps = steps;
  }

  /** Searches for {@link #scale} and {@link #minimum} of {@code count} values. */
  void find(NormalizedBlock block, int from, int count) {
    begin(block, from, count);
    float low = block.values[from];
    float high = low;
    for (int i = from + 1; i < from + count; i++) {
      low = Math.min(low, block.values[i]);
      high = Math.max(high, block.values[i]);
    }
    low = signedMinimum ? low : Math.min(low, 0);
    scale = 0;
    minimum = -low;
    if (high == low) {
      return;
    }
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < steps + REFINEMENTS; i++) {
      float inverse = (first + i * step) / (high - low);
      float start = -low;
      if (i >= steps) {
        inverse = (float) (1 / scale);
        start = (float) minimum;
      }
      measure(block, from, count, inverse, start);
      solve();
      double gain = gain(solvedScale, solvedMinimum);
      if (gain > best) {
        best = gain;
        scale = solvedScale;
        minimum = solvedMinimum;
      } else if (i >= steps) {
        return;
      }
    }
  }

  /** Takes the sums that do not depend on levels. */
  void begin(NormalizedBlock block, int from, int count) {
    float weights = 0;
    float weighted = 0;
    for (int i = from; i < from + count; i++) {
      weights += block.weights[i];
      weighted += block.weights[i] * block.values[i];
    }
    weightSum = weights;
    valueSum = weighted;
  }

  /** Chooses q nearest to {@code (value + start) * inverse} and sums over them. */
  void measure(NormalizedBlock block, int from, int count, float inverse, float start) {
    float[] values = block.values;
    float[] weights = block.weights;
    float levelSum = 0;
    float squareSum = 0;
    float productSum = 0;
    for (int i = from; i < from + count; i++) {
      float level = level(values[i], inverse, start);
      float weighted = weights[i] * level;
      levelSum += weighted;
      squareSum += weighted * level;
      productSum += weighted * values[i];
    }
    levels = levelSum;
    squares = squareSum;
    products = productSum;
  }

  int level(float value, float inverse, float start) {
    int level = (int) ((value + start) * inverse + 0.5f);
    return Math.min(Math.max(level, 0), largest);
  }

  /** Makes the result the best scale and minimum for the levels chosen last. */
  void refit() {
    solve();
    scale = solvedScale;
    minimum = solvedMinimum;
  }

  private void solve() {
    double determinant = (double) weightSum * squares - (double) levels * levels;
    solvedScale = 0;
    solvedMinimum = -valueSum / (double) weightSum;
    if (determinant > 1e-6 * weightSum * squares) {
      solvedScale = ((double) weightSum * products - (double) valueSum * levels) / determinant;
      solvedMinimum = ((double) levels * products - (double) squares * valueSum) / determinant;
    }
    if (!signedMinimum && solvedMinimum < 0) {
      solvedMinimum = 0;
      solvedScale = squares > 0 ? products / (double) squares : 0;
    }
  }

  /** The best minimum for the levels chosen last and a given scale. */
  double minimumFor(double scale) {
    return (scale * levels - valueSum) / weightSum;
  }

  float weightSum() {
    return weightSum;
  }

  float valueSum() {
    return valueSum;
  }

  float levels() {
    return levels;
  }

  float squares() {
    return squares;
  }

  float products() {
    return products;
  }

  /** How far a scale and a minimum lower the squared error of the levels chosen last. */
  double gain(double scale, double minimum) {
    return scale * (2 * products - scale * squares + 2 * minimum * levels)
        - minimum * (2 * valueSum + minimum * weightSum);
  }
}
