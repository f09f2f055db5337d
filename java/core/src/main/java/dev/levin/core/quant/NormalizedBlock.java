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

  /** Of {@link #NormalizedBlock}: all values count alike. */
  static final float EVEN = Float.POSITIVE_INFINITY;

  final float[] values;
  final float[] weights;
  private final float evenness;
  private float unit;

  /**
   * @param evenness how little the magnitude of a value counts: beside its importance it is weighed
   *     by the root of its square and of this part of the mean square. Least squares pull levels
   *     toward zero, and with two or three bits so far that all that a matrix computes gets
   *     smaller, which costs more than the larger error: in Q2_K the demo model diverges by 0.23
   *     from its BF16 self when all values count alike, by 0.04 when they count by magnitude. From
   *     four bits on that does harm.
   */
  NormalizedBlock(int count, float evenness) {
    this.evenness = evenness;
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
    if (evenness != EVEN) {
      weighByMagnitude();
    }
  }

  private void weighByMagnitude() {
    float squares = 0;
    for (float value : values) {
      squares += value * value;
    }
    float base = evenness * squares / values.length;
    for (int i = 0; i < values.length; i++) {
      weights[i] *= (float) Math.sqrt(base + values[i] * values[i]);
    }
    if (squares == 0) {
      Arrays.fill(weights, 1);
    }
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
