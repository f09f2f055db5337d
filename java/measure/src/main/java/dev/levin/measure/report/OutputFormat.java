package dev.levin.measure.report;

import java.util.Locale;

/** How a report is written. */
public enum OutputFormat {
  MD,
  CSV,
  JSON,
  HTML;

  /**
   * The format that a file name ends with.
   *
   * @throws IllegalArgumentException for any other end
   */
  public static OutputFormat ofFileName(String name) {
    String end = name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT);
    for (OutputFormat format : values()) {
      if (format.name().equals(end)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        name
            + ": cannot tell the format, expected a name that ends with .md, .csv, .json or .html");
  }
}
