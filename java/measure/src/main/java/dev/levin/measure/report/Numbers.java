package dev.levin.measure.report;

import java.util.Locale;

/** Numbers as tables show them, whatever the locale. */
public final class Numbers {
  private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] COUNT_UNITS = {"", " K", " M", " B", " T"};

  private Numbers() {}

  public static String fixed(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** Three or more significant digits and no exponent: 0.0123, 1.23, 12.3, 1234. */
  public static String significant(double value) {
    double size = Math.abs(value);
    if (size == 0 || !Double.isFinite(value)) {
      return size == 0 ? "0" : Double.toString(value);
    }
    int decimals = 2 - (int) Math.floor(Math.log10(size));
    return fixed(value, Math.clamp(decimals, 0, 9));
  }

  /** For example {@code 1.22 GiB}. */
  public static String bytes(long bytes) {
    return scaled(bytes, 1024, BYTE_UNITS, " ");
  }

  /** For example {@code 1.24 B}. */
  public static String count(long count) {
    return scaled(count, 1000, COUNT_UNITS, "");
  }

  /** For example {@code 17.30 ± 0.12}. */
  public static String spread(double mean, double deviation) {
    return fixed(mean, 2) + " ± " + fixed(deviation, 2);
  }

  private static String scaled(long value, int base, String[] units, String gap) {
    double scaled = value;
    int unit = 0;
    while (scaled >= base && unit < units.length - 1) {
      scaled /= base;
      unit++;
    }
    return (unit == 0 ? Long.toString(value) : fixed(scaled, 2)) + gap + units[unit];
  }
}
