package dev.levin.core.quant;

import java.util.Arrays;

/**
 * The values of one block, scaled by a power of two so that the largest is between 1 and 2, and
 * their weights, scaled to a mean of 1. Searches in float32 then neither overflow nor lose digits,
 * whatever the size of the weights.
 */
final class NormalizedBlock {
  private static final float LARGEST_HALF = 65504;
  private static final float SMALLEST_HALF = 0x1p-24f;

  /**
   * Part of the mean that every weight has at least: columns that calibration has never seen still
   * get levels near their values.
   */
  private static final float LEAST_WEIGHT = 1f / 256;

  final float[] values;
  final float[] weights;
  private float unit;

  NormalizedBlock(int count) {
    this.values = new float[count];
    this.weights = new float[count];
  }

  /** Takes over {@code values.length} values; {@code importance} may be null. */
  void load(float[] source, int from, float[] importance, int importanceFrom) {
    float magnitude = 0;
    for (int i = 0; i < values.length; i++) {
      float value = finite(source[from + i]);
      values[i] = value;
      magnitude = Math.max(magnitude, Math.abs(value));
    }
    int exponent = Math.max(Math.getExponent(magnitude), Float.MIN_EXPONENT);
    unit = Math.scalb(1f, exponent);
    float inverse = Math.scalb(1f, -exponent);
    for (int i = 0; i < values.length; i++) {
      values[i] *= inverse;
    }
    loadWeights(importance, importanceFrom);
  }

  private static float finite(float value) {
    return value == value ? Math.clamp(value, -Float.MAX_VALUE, Float.MAX_VALUE) : 0;
  }

  private void loadWeights(float[] importance, int from) {
    double sum = 0;
    if (importance != null) {
      for (int i = 0; i < weights.length; i++) {
        sum += importance[from + i];
      }
    }
    if (sum == 0) {
      Arrays.fill(weights, 1);
      return;
    }
    double inverseMean = weights.length / sum;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (importance[from + i] * inverseMean) + LEAST_WEIGHT;
    }
  }

  /**
   * The F16 nearest to a scale, finite even when the scale is beyond its range.
   *
   * @param normalized in terms of the values here
   */
  short half(double normalized) {
    double scale = Math.clamp(normalized * unit, -LARGEST_HALF, LARGEST_HALF);
    return Float.floatToFloat16((float) scale);
  }

  /** Like {@link #half}, for a factor of integer scales: only 0 becomes 0. */
  short factor(double normalized) {
    double scale = normalized * unit;
    boolean vanishes = normalized != 0 && Math.abs(scale) < SMALLEST_HALF;
    return half(vanishes ? Math.copySign(SMALLEST_HALF, scale) / unit : normalized);
  }

  /** What a stored scale is in terms of the values here. */
  float normalized(short half) {
    return (float) (Float.float16ToFloat(half) / (double) unit);
  }
}
