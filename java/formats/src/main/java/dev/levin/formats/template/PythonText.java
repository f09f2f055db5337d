package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What Python's {@code str} does that Java's String does differently. */
final class PythonText {
  private PythonText() {}

  /** Python's whitespace, all of which lies in the basic plane. */
  static boolean isSpace(int character) {
    return switch (character) {
      case ' ',
          '\t',
          '\n',
          0x0b,
          '\f',
          '\r',
          0x1c,
          0x1d,
          0x1e,
          0x1f,
          0x85,
          0xa0,
          0x1680,
          0x2028,
          0x2029,
          0x202f,
          0x205f,
          0x3000 ->
          true;
      default -> character >= 0x2000 && character <= 0x200a;
    };
  }

  static boolean isBlank(String text, int from) {
    return skipSpace(text, from) == text.length();
  }

  static int skipSpace(String text, int from) {
    int at = from;
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** Strips whitespace, or the code points of {@code characters} when it is not null. */
  static String strip(String text, String characters, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && strips(text.codePointAt(start), characters)) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && strips(text.codePointBefore(end), characters)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  private static boolean strips(int codePoint, String characters) {
    return characters == null ? isSpace(codePoint) : characters.indexOf(codePoint) >= 0;
  }

  /** Splits at runs of whitespace, from the left; a negative limit means all. */
  static List<Object> splitSpace(RenderContext context, String text, long limit) {
    List<Object> parts = new ArrayList<>();
    int at = skipSpace(text, 0);
    while (at < text.length()) {
      context.step();
      int end = at;
      while (end < text.length() && !isSpace(text.charAt(end))) {
        end++;
      }
      if (limit >= 0 && parts.size() >= limit) {
        parts.add(text.substring(at));
        break;
      }
      parts.add(text.substring(at, end));
      at = skipSpace(text, end);
    }
    return parts;
  }

  /** Splits at runs of whitespace, from the right. */
  static List<Object> splitSpaceRight(RenderContext context, String text, long limit) {
    List<Object> parts = new ArrayList<>();
    String rest = strip(text, null, false, true);
    while (!rest.isEmpty()) {
      context.step();
      if (limit >= 0 && parts.size() >= limit) {
        parts.add(rest);
        break;
      }
      int start = rest.length();
      while (start > 0 && !isSpace(rest.charAt(start - 1))) {
        start--;
      }
      parts.add(rest.substring(start));
      rest = strip(context.made(rest.substring(0, start)), null, false, true);
    }
    return parts.reversed();
  }

  static List<Object> split(RenderContext context, String text, String separator, long limit) {
    checkSeparator(separator);
    context.search(text, separator);
    List<Object> parts = new ArrayList<>();
    int at = 0;
    for (int next = text.indexOf(separator);
        next >= 0 && (limit < 0 || parts.size() < limit);
        next = text.indexOf(separator, at)) {
      context.step();
      parts.add(text.substring(at, next));
      at = next + separator.length();
    }
    parts.add(text.substring(at));
    return parts;
  }

  static List<Object> splitRight(RenderContext context, String text, String separator, long limit) {
    checkSeparator(separator);
    context.search(text, separator);
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    while (limit < 0 || parts.size() < limit) {
      context.step();
      int at =
          end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
      if (at < 0) {
        break;
      }
      parts.add(text.substring(at + separator.length(), end));
      end = at;
    }
    parts.add(text.substring(0, end));
    return parts.reversed();
  }

  private static void checkSeparator(String separator) {
    if (separator.isEmpty()) {
      throw new TemplateFault("empty separator");
    }
  }

  static List<Object> splitLines(RenderContext context, String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      context.step();
      int end = start;
      while (end < text.length() && !isLineEnd(text.charAt(end))) {
        end++;
      }
      int next = Math.min(end + (text.startsWith("\r\n", end) ? 2 : 1), text.length());
      lines.add(text.substring(start, keepEnds ? next : end));
      start = next;
    }
    return lines;
  }

  private static boolean isLineEnd(char character) {
    return switch (character) {
      case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
      default -> false;
    };
  }

  /** Replaces the first {@code limit} occurrences, all when negative. */
  static String replace(
      RenderContext context, String text, String old, String replacement, long limit) {
    context.search(text, old);
    TextBuilder out = new TextBuilder(context);
    int copied = 0;
    int searched = 0;
    for (long done = 0; limit < 0 || done < limit; done++) {
      int at = searched > text.length() ? -1 : text.indexOf(old, searched);
      if (at < 0) {
        break;
      }
      out.append(text, copied, at).append(replacement);
      copied = at + old.length();
      // An empty text is found between all characters.
      searched = old.isEmpty() ? nextCodePoint(text, at) : copied;
    }
    return out.append(text, copied, text.length()).toString();
  }

  private static int nextCodePoint(String text, int at) {
    return at < text.length() ? text.offsetByCodePoints(at, 1) : at + 1;
  }

  /** First letter of each word in title case, the rest lower; a word is a run of letters. */
  static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inside = false;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      boolean cased = isCased(codePoint);
      out.appendCodePoint(
          !cased
              ? codePoint
              : inside ? Character.toLowerCase(codePoint) : Character.toTitleCase(codePoint));
      inside = cased;
    }
    return out.toString();
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    return Character.toString(Character.toTitleCase(first))
        + text.substring(Character.charCount(first)).toLowerCase(Locale.ROOT);
  }

  static boolean isCased(int codePoint) {
    return Character.isUpperCase(codePoint)
        || Character.isLowerCase(codePoint)
        || Character.isTitleCase(codePoint);
  }

  /** Whether some letters have a case and all of them this one. */
  static boolean isCase(String text, boolean upper) {
    boolean some = false;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      if (isCased(codePoint)) {
        if (upper != Character.isUpperCase(codePoint)) {
          return false;
        }
        some = true;
      }
    }
    return some;
  }

  static String foldCase(String text) {
    return text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  static String swapCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c ->
                out.append(
                    Character.isUpperCase(c)
                        ? Character.toString(c).toLowerCase(Locale.ROOT)
                        : Character.toString(c).toUpperCase(Locale.ROOT)));
    return out.toString();
  }

  /** Decimal digits and superscripts and subscripts of them. */
  static boolean isDigit(int codePoint) {
    return Character.isDigit(codePoint)
        || codePoint == 0xb2
        || codePoint == 0xb3
        || codePoint == 0xb9
        || codePoint == 0x2070
        || codePoint >= 0x2074 && codePoint <= 0x2079
        || codePoint >= 0x2080 && codePoint <= 0x2089;
  }

  static boolean isNumeric(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> false;
    };
  }

  static boolean isIdentifier(String text) {
    if (text.isEmpty()) {
      return false;
    }
    int first = text.codePointAt(0);
    return (first == '_' || Character.isUnicodeIdentifierStart(first))
        && text.codePoints().allMatch(Character::isUnicodeIdentifierPart);
  }
}
