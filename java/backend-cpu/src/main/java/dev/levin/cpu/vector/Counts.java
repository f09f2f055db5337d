package dev.levin.cpu.vector;

/**
 * By how many bits shorts are shifted, as numbers the compiler does not know: there are no
 * instructions that shift shorts by a constant in the Vector API's hands, and C2 would make a
 * register of it anew for each shift.
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
