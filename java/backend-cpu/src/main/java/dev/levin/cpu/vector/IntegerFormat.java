package dev.levin.cpu.vector;

import dev.levin.core.DType;

/**
 * How rows of a dtype are multiplied as integers.
 *
 * @param group values that share a scale and are summed before it is applied, 16 or 32
 * @param offset what is subtracted from the codes as they are stored, when it is easier taken from
 *     the sums; else 0
 * @param minima whether a value is its code times a scale less a minimum of the group
 * @param nibbles whether lanes of upper nibbles are multiplied beside those of whole bytes: see
 *     {@link IntegerActivations}
 * @param limit largest magnitude of activations, for which no sum of pairs overflows
 */
record IntegerFormat(int group, int offset, boolean minima, boolean nibbles, int limit) {
  /** The format of a dtype, or null when it has no kernels. */
  static IntegerFormat of(DType dtype) {
    return switch (dtype) {
      case Q4_0 -> new IntegerFormat(32, 8, false, true, limit(32, 8));
      case Q4_1 -> new IntegerFormat(32, 0, true, true, limit(32, 15));
      default -> null;
    };
  }

  private static int limit(int group, int largestCode) {
    return Pairs.LIMIT / (group / 8 * largestCode);
  }
}
