package dev.levin.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Units {
  private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final String[] COUNT_UNITS = {"", " K", " M", " B", " T"};

  private Units() {}

  /** For example {@code 7.9 MiB}. */
  static String bytes(long bytes) {
    return scaled(bytes, 1024, BYTE_UNITS, " ");
  }

  /** For example {@code 4.1 M}. */
  static String count(long count) {
    return scaled(count, 1000, COUNT_UNITS, "");
  }

  /** With one decimal, whatever the locale. */
  static String decimal(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** For example {@code 35 ms} or {@code 2.1 s}. */
  static String duration(long nanos) {
    double millis = nanos / 1e6;
    return millis < 1000 ? Math.round(millis) + " ms" : decimal(millis / 1000) + " s";
  }

  private static String scaled(long value, int base, String[] units, String gap) {
    double scaled = value;
    int unit = 0;
    while (scaled >= base && unit < units.length - 1) {
      scaled /= base;
      unit++;
    }
    return (unit == 0 ? Long.toString(value) : decimal(scaled)) + gap + units[unit];
  }
}
