package dev.levin.core.quant;

/** What block encoders derive a scale from. */
final class Extremes {
  private Extremes() {}

  /** The largest |x| of {@code count} values. */
  static float magnitude(float[] values, int from, int count) {
    return Math.abs(signed(values, from, count));
  }

  /** The first value whose magnitude no other exceeds, with its sign. */
  static float signed(float[] values, int from, int count) {
    float best = 0;
    float magnitude = 0;
    for (int i = from; i < from + count; i++) {
      float candidate = Math.abs(values[i]);
      if (candidate > magnitude) {
        magnitude = candidate;
        best = values[i];
      }
    }
    return best;
  }

  /** The reciprocal that encoders multiply by: 0 for a block of zeros. */
  static float inverse(float scale) {
    return scale == 0 ? 0 : 1 / scale;
  }

  /** Rounds to the nearest integer, halves away from zero, as C's roundf does. */
  static int roundHalfAway(float value) {
    float magnitude = Math.abs(value);
    int rounded = (int) magnitude;
    if (magnitude - rounded >= 0.5f) {
      rounded++;
    }
    return value < 0 ? -rounded : rounded;
  }
}
