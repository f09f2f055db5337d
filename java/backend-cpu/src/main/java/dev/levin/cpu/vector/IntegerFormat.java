package dev.levin.cpu.vector;

import dev.levin.core.DType;

/**
 * How rows of a dtype are multiplied as integers.
 *
 * @param group values that are summed before a scale is applied, 16 or 32
 * @param minima whether a value is its code times a scale less a minimum of each 32 values
 * @param nibbles whether pairs of high nibbles lie beside those of whole bytes: see {@link
 *     IntegerActivations}
 * @param limit largest magnitude of activations, for which no sum of pairs overflows
 */
record IntegerFormat(int group, boolean minima, boolean nibbles, int limit) {
  /** The format of a dtype, or null when it has no kernels. */
  static IntegerFormat of(DType dtype) {
    if (dtype.blockValues() == 256 && Pairs.COUNT < 8) {
      return null;
    }
    return switch (dtype) {
      case Q4_0 -> new IntegerFormat(32, false, true, limit(32, 8));
      case Q4_1 -> new IntegerFormat(32, true, true, limit(32, 15));
      case Q4_K -> new IntegerFormat(32, true, false, limit(32, 15));
      case Q5_K -> new IntegerFormat(32, true, false, limit(32, 31));
      case Q6_K -> new IntegerFormat(16, false, false, limit(16, 32));
      case MXFP4 -> new IntegerFormat(32, false, false, limit(32, 12));
      default -> null;
    };
  }

  /**
   * How many bits of the limit may be given up for a scale that more pieces share: no piece keeps
   * less than the eight bits that activations usually are rounded to.
   */
  int spareBits() {
    return Math.max(0, Math.getExponent((float) limit) - 8);
  }

  private static int limit(int group, int largestCode) {
    return Pairs.LIMIT / (group / 8 * largestCode);
  }
}
