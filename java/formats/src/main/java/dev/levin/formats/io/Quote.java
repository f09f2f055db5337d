package dev.levin.formats.io;

/** Makes text from a file fit for a one-line message: quoted, escaped and cut. */
public final class Quote {
  private static final int MAX_CHARS = 80;

  private Quote() {}

  /** The text in single quotes, control characters escaped, at most 80 characters of it. */
  public static String of(String text) {
    return "'" + line(text, MAX_CHARS) + "'";
  }

  /** The text on one line, control characters escaped, cut after {@code maxChars}. */
  public static String line(String text, int maxChars) {
    int shown = Math.min(text.length(), maxChars);
    StringBuilder line = new StringBuilder(shown + 8);
    for (int i = 0; i < shown; i++) {
      char c = text.charAt(i);
      if (isInvisible(c)) {
        line.append("\\u%04x".formatted((int) c));
      } else {
        line.append(c);
      }
    }
    return shown < text.length() ? line.append("...").toString() : line.toString();
  }

  private static boolean isInvisible(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
