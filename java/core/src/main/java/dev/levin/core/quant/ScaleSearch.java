package dev.levin.core.quant;

/**
 * Finds the scale s that makes s * level nearest to a group of values, in weighted squares.
 *
 * <p>For given levels the best scale is a quotient of two sums. Which levels are best depends on
 * the scale, so a number of scales are tried: those that put the value of largest magnitude at
 * different distances from zero, on either side of it.
 */
final class ScaleSearch {
  private final Codebook codebook;
  private final float nearest;
  private final float step;
  private final int steps;

  /** Of the levels chosen last: the sum of weight * value * level. */
  float products;

  /** Of the levels chosen last: the sum of weight * level * level. */
  float squares;

  /**
   * @param nearest the first level, not necessarily an integer, that the largest magnitude is put
   *     on; the levels up to {@code farthest} follow in equal steps
   */
  ScaleSearch(Codebook codebook, double nearest, double farthest, int steps) {
    this.codebook = codebook;
    this.nearest = (float) nearest;
    this.step = (float) ((farthest - nearest) / (steps - 1));
    this.steps = steps;
  }

  /** The best scale found for {@code count} values, 0 when all are. */
  float find(NormalizedBlock block, int from, int count) {
    float extreme = Extremes.signed(block.values, from, count);
    if (extreme == 0) {
      return 0;
    }
    float best = 0;
    double bestGain = 0;
    for (int i = 0; i < 2 * steps; i++) {
      float level = nearest + (i >> 1) * step;
      measure(block, from, count, ((i & 1) == 0 ? -level : level) / extreme);
      float scale = scale();
      double gain = gain(scale);
      if (gain > bestGain) {
        bestGain = gain;
        best = scale;
      }
    }
    return best;
  }

  /** Chooses levels for values times {@code inverse} and sums over them. */
  void measure(NormalizedBlock block, int from, int count, float inverse) {
    float[] values = block.values;
    float[] weights = block.weights;
    byte[] levels = codebook.levels;
    float productSum = 0;
    float squareSum = 0;
    for (int i = from; i < from + count; i++) {
      float level = levels[codebook.code(values[i] * inverse)];
      float weighted = weights[i] * level;
      productSum += weighted * values[i];
      squareSum += weighted * level;
    }
    products = productSum;
    squares = squareSum;
  }

  /** The best scale for the levels chosen last. */
  float scale() {
    return squares > 0 ? products / squares : 0;
  }

  /** How far any scale lowers the squared error of the levels chosen last below that of zeros. */
  double gain(float scale) {
    return scale * (2.0 * products - (double) scale * squares);
  }
}
