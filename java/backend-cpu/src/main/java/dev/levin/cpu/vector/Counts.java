package dev.levin.cpu.vector;

/**
 * By how many bits shorts are shifted, as numbers the compiler does not know. A constant count it
 * would bring into a register of its own before each shift, and mostly in the loop.
 */
final class Counts {
  private static final int[] BITS = {2, 4, 8};

  private Counts() {}

  static int two() {
    return BITS[0];
  }

  static int four() {
    return BITS[1];
  }

  static int eight() {
    return BITS[2];
  }
}
