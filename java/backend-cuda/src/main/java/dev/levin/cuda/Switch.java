package dev.levin.cuda;

import java.util.Locale;

/** System properties that turn something on or off. */
final class Switch {
  private Switch() {}

  /**
   * Whether it is on.
   *
   * @param otherwise when the property is not set
   * @throws IllegalArgumentException for a property that says neither
   */
  static boolean isOn(String property, boolean otherwise) {
    String text = System.getProperty(property, "").strip();
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "" -> otherwise;
      case "on", "true" -> true;
      case "off", "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "%s is '%s', expected on or off".formatted(property, text));
    };
  }
}
