package dev.levin.core.quant;

import java.util.Arrays;

/**
 * Fits d * unit * (2 * scale[group] + 1) * sign * point to a super-block: one F16 d, a four-bit
 * scale per group, a point of a grid for every few values, a sign for every value.
 *
 * <p>Searches and descends as {@link ScaledGroups} does.
 */
final class GridGroups {
  private static final int ROUNDS = 3;
  private static final int LARGEST_SCALE = 15;
  private static final int SIGN_VALUES = 8;

  /** Where the largest magnitude of a group is put, in parts of the largest level. */
  private static final float NEAREST = 0.62f;

  private static final float FARTHEST = 1.1f;

  /** Four more lower the error by less than a thousandth: the descent makes up for few. */
  private static final int STEPS = 9;

  private final NormalizedBlock block;
  private final GridSearch grid;
  private final boolean evenSigns;
  private final float unit;
  private final int groupValues;
  private final float[] magnitudes;
  private final float[] ideal;
  private final int[] trial;

  private float products;
  private float squares;

  /** The result: an F16. */
  short d;

  /** The result: one for each group, 0 to 15. */
  final int[] scales;

  /** The result: an index for each point. */
  final int[] points;

  /** The result: eight signs each, value i at bit i. */
  final int[] signs;

  /**
   * @param evenSigns true when formats store seven of eight signs and the eighth makes the number
   *     of negative ones even
   */
  GridGroups(NormalizedBlock block, GridSearch grid, boolean evenSigns, float unit, int groups) {
    this.block = block;
    this.grid = grid;
    this.evenSigns = evenSigns;
    this.unit = unit;
    int values = block.values.length;
    this.groupValues = values / groups;
    this.magnitudes = new float[values];
    this.ideal = new float[groups];
    this.trial = new int[groups];
    this.scales = new int[groups];
    this.points = new int[values / grid.pointValues];
    this.signs = new int[values / SIGN_VALUES];
  }

  void fit() {
    for (int i = 0; i < signs.length; i++) {
      signs[i] = takeSigns(i * SIGN_VALUES);
    }
    float largest = 0;
    for (int group = 0; group < ideal.length; group++) {
      ideal[group] = search(group);
      largest = Math.max(largest, ideal[group]);
    }
    descend(block.factor(largest / (unit * (2 * LARGEST_SCALE + 1))));
    float step = unit * block.normalized(d);
    for (int i = 0; i < points.length; i++) {
      int from = i * grid.pointValues;
      float inverse = Extremes.inverse(step * (2 * scales[from / groupValues] + 1));
      points[i] = grid.nearest(magnitudes, block.weights, from, inverse);
    }
  }

  /**
   * Splits eight values in signs and magnitudes. Where the number of signs has to be even, the
   * value that matters least takes the wrong one: its magnitude is negative.
   */
  private int takeSigns(int from) {
    int bits = 0;
    int least = from;
    float leastCost = Float.POSITIVE_INFINITY;
    for (int i = from; i < from + SIGN_VALUES; i++) {
      float value = block.values[i];
      magnitudes[i] = Math.abs(value);
      bits |= value < 0 ? 1 << i - from : 0;
      float cost = block.weights[i] * value * value;
      if (cost < leastCost) {
        leastCost = cost;
        least = i;
      }
    }
    if (evenSigns && (Integer.bitCount(bits) & 1) != 0) {
      magnitudes[least] = -magnitudes[least];
      bits ^= 1 << least - from;
    }
    return bits;
  }

  private float search(int group) {
    float extreme = Extremes.magnitude(magnitudes, group * groupValues, groupValues);
    float best = 0;
    double bestGain = 0;
    for (int i = 0; extreme > 0 && i < STEPS; i++) {
      float level = grid.largest() * (NEAREST + i * (FARTHEST - NEAREST) / (STEPS - 1));
      measure(group, level / extreme);
      double gain = products > 0 ? (double) products * products / squares : 0;
      if (gain > bestGain) {
        bestGain = gain;
        best = products / squares;
      }
    }
    return best;
  }

  private void descend(short first) {
    Arrays.fill(scales, 0);
    d = 0;
    short candidate = first;
    double best = 0;
    for (int round = 0; round < ROUNDS && candidate != 0; round++) {
      float step = unit * block.normalized(candidate);
      double gain = 0;
      double productSum = 0;
      double squareSum = 0;
      for (int group = 0; group < ideal.length; group++) {
        gain += chooseScale(group, step);
        double multiple = unit * (2 * trial[group] + 1);
        productSum += multiple * products;
        squareSum += multiple * multiple * squares;
        ideal[group] = Math.max(0, products / squares);
      }
      if (gain <= best) {
        return;
      }
      best = gain;
      d = candidate;
      System.arraycopy(trial, 0, scales, 0, scales.length);
      candidate = block.factor(Math.max(0, productSum / squareSum));
    }
  }

  /** The better of the two scales around the ideal one; leaves the sums that go with it. */
  private double chooseScale(int group, float step) {
    double below = Math.floor((ideal[group] / (double) step - 1) / 2);
    int first = (int) Math.clamp(below, 0, LARGEST_SCALE - 1.0);
    double gain = measureScale(group, step * (2 * first + 1));
    double next = measureScale(group, step * (2 * first + 3));
    if (next >= gain) {
      trial[group] = first + 1;
      return next;
    }
    trial[group] = first;
    return measureScale(group, step * (2 * first + 1));
  }

  private double measureScale(int group, float scale) {
    measure(group, Extremes.inverse(scale));
    return scale * (2.0 * products - (double) scale * squares);
  }

  private void measure(int group, float inverse) {
    float productSum = 0;
    float squareSum = 0;
    int end = (group + 1) * groupValues;
    for (int from = group * groupValues; from < end; from += grid.pointValues) {
      int point = grid.nearest(magnitudes, block.weights, from, inverse);
      for (int i = 0; i < grid.pointValues; i++) {
        float level = grid.value(point, i);
        float weighted = block.weights[from + i] * level;
        productSum += weighted * magnitudes[from + i];
        squareSum += weighted * level;
      }
    }
    products = productSum;
    squares = squareSum;
  }
}
