package dev.levin.cpu.vector;

/** The floats of all F16: a load that broadcasts takes the place of a conversion and more. */
final class Halves {
  static final float[] VALUES = new float[1 << 16];

  static {
    for (int i = 0; i < VALUES.length; i++) {
      VALUES[i] = Float.float16ToFloat((short) i);
    }
  }

  private Halves() {}
}
