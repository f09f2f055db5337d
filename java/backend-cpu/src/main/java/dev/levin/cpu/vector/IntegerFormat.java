package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.util.function.IntUnaryOperator;

/**
 * How rows of a dtype are multiplied as integers.
 *
 * @param rows the kernels
 * @param unitsOfSum units whose products are added as integers before a scale meets them, 1, 2 or 4
 * @param offset what is subtracted from codes as they are stored
 * @param summed how many values share a minimum, which their codes times a scale are less; or 0
 * @param limit largest magnitude of activations, for which no sum of pairs overflows
 * @param rebias what sums have to be multiplied by for the scales as kernels read them
 * @param overrun bytes that are read past the end of a row
 * @param order which of as many values as it is long the pairs hold, the lower half of each first
 * @param fold if not null, an entry for each vector of a sum. Where it is not 0, kernels multiply
 *     the vector before by codes with those of this vector above them, multiplied by the entry, and
 *     those in turn with the next; this vector of activations has as many times the one before
 *     subtracted. Lanes are numbers modulo 2^32, so products are the same to the bit, and codes
 *     need no masks
 */
record IntegerFormat(
    IntegerRows rows,
    int unitsOfSum,
    int offset,
    int summed,
    int limit,
    float rebias,
    int overrun,
    int[] order,
    int[] fold) {
  private static final IntegerFormat[] FORMATS = new IntegerFormat[DType.values().length];

  IntegerFormat(
      IntegerRows rows,
      int unitsOfSum,
      int offset,
      int summed,
      int limit,
      float rebias,
      int overrun,
      int[] order) {
    this(rows, unitsOfSum, offset, summed, limit, rebias, overrun, order, null);
  }

  /** The format of a dtype, or null when it has no kernels. */
  static IntegerFormat of(DType dtype) {
    IntegerFormat format = FORMATS[dtype.ordinal()];
    if (format == null) {
      format = make(dtype);
      FORMATS[dtype.ordinal()] = format;
    }
    return format;
  }

  private static IntegerFormat make(DType dtype) {
    return switch (Pairs.COUNT) {
      case 16 -> wide(dtype);
      case 8 -> NarrowFormats.make(dtype);
      default -> null;
    };
  }

  private static IntegerFormat wide(DType dtype) {
    return switch (dtype) {
      case Q4_0 ->
          new IntegerFormat(
              new Q40Pairs(),
              2,
              8,
              0,
              limit(8, 2),
              Q40Pairs.REBIAS,
              0,
              order(128, FourBlocks::valueOf),
              fold(4, 16));
      case MXFP4 ->
          new IntegerFormat(
              new Mxfp4Pairs(),
              2,
              12,
              0,
              limit(12, 2),
              Mxfp4Pairs.REBIAS,
              0,
              order(128, FourBlocks::valueOfBytes),
              new int[] {0, 256, 0, 256});
      case Q4_K ->
          new IntegerFormat(
              new Q4KPairs(), 1, 0, 32, limit(15, 1), 1, 0, order(256, NIBBLES), fold(2, 256));
      case Q5_K ->
          new IntegerFormat(
              new Q5KPairs(), 1, 0, 32, limit(31, 1), 1, 0, order(256, NIBBLES), fold(2, 256));
      case Q6_K ->
          new IntegerFormat(
              new Q6KPairs(), 1, 32, 0, limit(32, 1), 1, 0, order(256, HALF_BLOCKS), fold(2, 256));
      case TQ2_0 ->
          new IntegerFormat(new Tq20Pairs(), 4, 1, 0, limit(2, 4), 1, 0, crumbs(), fold(8, 4));
      default -> null;
    };
  }

  /** Vectors of minima, eight in each, of a row of {@code k} values. */
  int minima(int k) {
    return summed == 0 ? 0 : Math.ceilDiv(k, 8 * summed);
  }

  /** Lanes add two pairs a unit. */
  static int limit(int largestCode, int unitsOfSum) {
    return Pairs.LIMIT / (4 * unitsOfSum * largestCode);
  }

  /** Of 64 bytes, a unit has the low nibbles and the next one the high ones of 32 bytes each. */
  private static final IntUnaryOperator NIBBLES =
      slot -> {
        int at = byteOf(slot);
        return slot / 128 * 128 + at / 32 * 64 + slot / 64 % 2 * 32 + at % 32;
      };

  /** As {@link #NIBBLES}, but low nibbles of all 64 bytes come first. */
  private static final IntUnaryOperator HALF_BLOCKS = slot -> slot / 64 * 64 + byteOf(slot);

  /**
   * Of each 32 bytes, 128 values are in their lowest two bits first, then in those above. A short
   * has codes of two bytes, and each vector those of one place in its shorts.
   */
  static int[] crumbs() {
    int shorts = 2 * Pairs.COUNT;
    return order(
        8 * shorts,
        slot -> {
          int at = slot % shorts / 2 * 4 + slot % 2 * 2 + slot / shorts / 4;
          return at / 32 * 128 + slot / shorts % 4 * 32 + at % 32;
        });
  }

  /** Where a value lies that is read as the lanes' bytes 0 and 2, then 1 and 3. */
  private static int byteOf(int slot) {
    return slot % 32 / 2 * 4 + slot / 32 % 2 + slot % 2 * 2;
  }

  /** The vectors of a sum all have the same multiple of those before them. */
  static int[] fold(int vectors, int factor) {
    int[] fold = new int[vectors];
    java.util.Arrays.fill(fold, 1, vectors, factor);
    return fold;
  }

  static int[] order(int frame, IntUnaryOperator valueOfSlot) {
    int[] order = new int[frame];
    java.util.Arrays.setAll(order, valueOfSlot);
    return order;
  }

  /**
   * How many bits of the limit may be given up for a scale that more pieces share: no piece keeps
   * less than the eight bits that activations usually are rounded to.
   */
  int spareBits() {
    return Math.max(0, Math.getExponent((float) limit) - 8);
  }
}
