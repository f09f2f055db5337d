package dev.levin.cpu.vector;

/** The packed integer scales of K-quants, unpacked to one byte each, eight to a long. */
final class KQuantScales {
  private static final int LOW_NIBBLES = 0x0f0f0f0f;
  private static final int LOW_PAIRS = 0x03030303;
  private static final int LOW_SIXES = 0x3f3f3f3f;

  private KQuantScales() {}

  static int at(long packed, int group) {
    return (int) (packed >>> 8 * group) & 0xff;
  }

  /** The float of an F16 in the low 16 bits. */
  static float half(long bits) {
    return Float.float16ToFloat((short) bits);
  }

  /**
   * The eight scales of Q4_K and Q5_K: four of six bits, then four of four and two bits.
   *
   * @param first bytes 0 to 7 of the block, of which the scales start at byte 4
   * @param second bytes 8 to 15 of the block
   */
  static long scales(long first, long second) {
    return join((int) (first >>> 32), (int) (second >>> 32));
  }

  /** The eight minima of Q4_K and Q5_K, from bytes 8 to 15 of the block. */
  static long mins(long second) {
    return join((int) second, (int) (second >>> 36));
  }

  private static long join(int sixes, int nibbles) {
    int upper = nibbles & LOW_NIBBLES | (sixes >>> 6 & LOW_PAIRS) << 4;
    return sixes & LOW_SIXES | (long) upper << 32;
  }

  /**
   * Scales [0, 8) or [8, 16) of Q3_K, 32 too large.
   *
   * @param nibbles eight bytes, one for each scale of both halves
   * @param pairs four bytes of four pairs, the upper bits
   */
  static long q3(long nibbles, int pairs, int half) {
    int shifted = pairs >>> 4 * half;
    long high = (shifted & LOW_PAIRS) << 4 | (long) ((shifted >>> 2 & LOW_PAIRS) << 4) << 32;
    return nibbles >>> 4 * half & 0x0f0f0f0f0f0f0f0fL | high;
  }
}
