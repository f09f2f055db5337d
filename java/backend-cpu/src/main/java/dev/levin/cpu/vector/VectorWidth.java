package dev.levin.cpu.vector;

import jdk.incubator.vector.FloatVector;

/** How wide vectors are in this JVM. */
final class VectorWidth {
  /** Forces a width, so that one machine can test them all. */
  static final String PROPERTY = "levin.cpu.vectorBits";

  private static final int NARROWEST = 128;
  private static final int WIDEST = 512;

  private VectorWidth() {}

  static int bits() {
    String value = System.getProperty(PROPERTY, "").strip();
    return switch (value) {
      case "" -> Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), NARROWEST, WIDEST);
      case "128", "256", "512" -> Integer.parseInt(value);
      default ->
          throw new IllegalArgumentException(
              "%s is '%s', expected 128, 256 or 512".formatted(PROPERTY, value));
    };
  }
}
