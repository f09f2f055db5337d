package dev.levin.core.quant;

import java.util.Arrays;

/**
 * Fits d * scale[group] * level to a super-block: one F16 d, an integer scale per group, a level
 * per value.
 *
 * <p>Descends in turns: with d and the scales given it takes the nearest levels, with the levels
 * given the best scales and then the best d. Each is the exact minimum of its step but for the
 * rounding of d, so the best state seen is kept.
 */
final class ScaledGroups {
  private static final int ROUNDS = 3;

  private final NormalizedBlock block;
  private final Codebook codebook;
  private final ScaleSearch search;
  private final int groupValues;
  private final int lowestScale;
  private final int highestScale;
  private final float[] ideal;
  private final int[] trial;

  /** The result: an F16. */
  short d;

  /** The result: one for each group, between the limits given. */
  final int[] scales;

  /** The result: one for each value, as the codebook numbers its levels. */
  final byte[] codes;

  ScaledGroups(
      NormalizedBlock block,
      Codebook codebook,
      ScaleSearch search,
      int groups,
      int lowestScale,
      int highestScale) {
    this.block = block;
    this.codebook = codebook;
    this.search = search;
    this.groupValues = block.values.length / groups;
    this.lowestScale = lowestScale;
    this.highestScale = highestScale;
    this.ideal = new float[groups];
    this.trial = new int[groups];
    this.scales = new int[groups];
    this.codes = new byte[block.values.length];
  }

  void fit() {
    for (int group = 0; group < ideal.length; group++) {
      ideal[group] = search.find(block, group * groupValues, groupValues);
    }
    d = block.factor(Extremes.signed(ideal, 0, ideal.length) / lowestScale);
    Arrays.fill(scales, 0);
    descend();
    float step = block.normalized(d);
    for (int i = 0; i < codes.length; i++) {
      float scale = step * scales[i / groupValues];
      codes[i] = (byte) codebook.code(block.values[i] * Extremes.inverse(scale));
    }
  }

  private void descend() {
    short candidate = d;
    double best = Double.NEGATIVE_INFINITY;
    for (int round = 0; round < ROUNDS && candidate != 0; round++) {
      float step = block.normalized(candidate);
      double gain = 0;
      double products = 0;
      double squares = 0;
      for (int group = 0; group < ideal.length; group++) {
        gain += chooseScale(group, step);
        products += (double) trial[group] * search.products;
        squares += (double) trial[group] * trial[group] * search.squares;
        ideal[group] = search.squares > 0 ? search.scale() : ideal[group];
      }
      if (gain <= best) {
        return;
      }
      best = gain;
      d = candidate;
      System.arraycopy(trial, 0, scales, 0, scales.length);
      candidate = squares > 0 ? block.factor(products / squares) : 0;
    }
  }

  /**
   * Rounds the ideal scale of a group to a multiple of {@code step}, the better of its neighbours.
   * Leaves the sums of the levels chosen in {@link #search}; returns by how much they lower the
   * squared error.
   */
  private double chooseScale(int group, float step) {
    double quotient = ideal[group] / (double) step;
    int floor = (int) Math.clamp(Math.floor(quotient), lowestScale, highestScale - 1.0);
    double gain = Double.NEGATIVE_INFINITY;
    for (int scale = floor; scale <= floor + 1; scale++) {
      double candidate = measure(group, scale * step);
      if (candidate > gain) {
        gain = candidate;
        trial[group] = scale;
      }
    }
    return measure(group, trial[group] * step);
  }

  private double measure(int group, float scale) {
    search.measure(block, group * groupValues, groupValues, Extremes.inverse(scale));
    return search.gain(scale);
  }
}
