package dev.levin.core.quant;

/** Signs that IQ2 and IQ3 formats store apart from the magnitudes of their grids. */
final class IqSigns {
  private IqSigns() {}

  /** Eight sign bits from seven: the number of negative values is always even. */
  static int withParity(int sevenSigns) {
    return sevenSigns | (Integer.bitCount(sevenSigns) & 1) << 7;
  }

  /**
   * Writes {@code count} values of a grid, value i negated where bit i of {@code signs} is set.
   * Signs are as good as random, so negation is arithmetic: branches would be mispredicted.
   */
  static void apply(
      byte[] grid, int first, int count, float scale, int signs, float[] target, int to) {
    for (int i = 0; i < count; i++) {
      int mask = -(signs >> i & 1);
      target[to + i] = scale * ((grid[first + i] ^ mask) - mask);
    }
  }
}
