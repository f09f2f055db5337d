package dev.levin.models.config;

import dev.levin.core.model.Metadata;

/**
 * Bounds on what a file may claim, so that a hostile number fails before anything is sized by it.
 */
final class Limits {
  static final int MAX_LAYERS = 4096;
  static final int MAX_WIDTH = 1 << 24;
  static final int MAX_EXPERTS = 1 << 16;

  private Limits() {}

  /** An integer field that must lie in [1, limit]. */
  static int positive(Metadata metadata, String key, int limit) {
    return check(metadata, key, metadata.requireInt(key), limit);
  }

  /** An integer field that must lie in [1, limit] when it is there. */
  static int positive(Metadata metadata, String key, int otherwise, int limit) {
    return check(metadata, key, metadata.integer(key, otherwise), limit);
  }

  /** An integer field that must lie in [0, limit] when it is there. */
  static int count(Metadata metadata, String key, int limit) {
    int value = metadata.integer(key, 0);
    if (value < 0 || value > limit) {
      throw metadata.error(key, "is " + value + ", expected 0 to " + limit);
    }
    return value;
  }

  static int check(Metadata metadata, String key, int value, int limit) {
    if (value < 1 || value > limit) {
      throw metadata.error(key, "is " + value + ", expected 1 to " + limit);
    }
    return value;
  }

  /** A factor that must be finite and not negative. */
  static float factor(Metadata metadata, String key, double otherwise) {
    double value = metadata.number(key, otherwise);
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw metadata.error(key, "is " + value + ", expected a finite number of at least 0");
    }
    return (float) value;
  }

  /** A number that must be finite and above zero. */
  static double scale(Metadata metadata, String key, double otherwise) {
    double value = metadata.number(key, otherwise);
    if (!(value > 0) || Double.isInfinite(value)) {
      throw metadata.error(key, "is " + value + ", expected a finite number above 0");
    }
    return value;
  }
}
