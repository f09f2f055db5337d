package dev.levin.cuda;

/** How much of a device's memory Levin may fill, from {@link #PROPERTY}. */
final class MemoryShare {
  static final String PROPERTY = "levin.cuda.memory";

  private static final double DEFAULT = 0.9;

  private MemoryShare() {}

  /**
   * The share, above 0 and at most 1.
   *
   * @throws IllegalArgumentException for a property that is no such number
   */
  static double configured() {
    String text = System.getProperty(PROPERTY, "").strip();
    if (text.isEmpty()) {
      return DEFAULT;
    }
    try {
      double share = Double.parseDouble(text);
      if (share > 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(message(text), e);
    }
    throw new IllegalArgumentException(message(text));
  }

  private static String message(String text) {
    return "%s is '%s', expected a number above 0 and at most 1".formatted(PROPERTY, text);
  }

  /** What may still be allocated: the share of all, less what is in use by whomever. */
  static long left(double share, long freeBytes, long totalBytes) {
    return Math.max(0, (long) (share * totalBytes) - (totalBytes - freeBytes));
  }
}
