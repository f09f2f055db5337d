package dev.levin.formats.tokenizer;

import java.text.Normalizer;
import java.util.List;
import java.util.function.IntPredicate;

/** Rewrites text before it is cut into words. Thread-safe. */
interface TextNormalizer {
  /** Leaves text as it is. */
  TextNormalizer NONE = text -> text;

  String apply(String text);

  static TextNormalizer sequence(List<TextNormalizer> steps) {
    List<TextNormalizer> copy = List.copyOf(steps);
    return text -> {
      String result = text;
      for (TextNormalizer step : copy) {
        result = step.apply(result);
      }
      return result;
    };
  }

  static TextNormalizer form(Normalizer.Form form) {
    return text -> Normalizer.normalize(text, form);
  }

  static TextNormalizer replace(SplitPattern pattern, String replacement) {
    return text -> pattern.replaceAll(text, replacement);
  }

  static TextNormalizer replace(String search, String replacement) {
    return text -> text.replace(search, replacement);
  }

  static TextNormalizer prepend(String prefix) {
    return text -> text.isEmpty() ? text : prefix + text;
  }

  /** Character by character, without the rules that look at neighbours (Greek final sigma). */
  static String lowercase(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            codePoint -> {
              if (codePoint == 'İ') {
                result.append("i\u0307");
              } else {
                result.appendCodePoint(Character.toLowerCase(codePoint));
              }
            });
    return result.toString();
  }

  /** Drops marks that take no space of their own (general category Mn). */
  static String stripNonSpacingMarks(String text) {
    return filter(text, codePoint -> Character.getType(codePoint) != Character.NON_SPACING_MARK);
  }

  /** Drops all marks (general category M). */
  static String stripMarks(String text) {
    return filter(
        text,
        codePoint ->
            switch (Character.getType(codePoint)) {
              case Character.NON_SPACING_MARK,
                  Character.ENCLOSING_MARK,
                  Character.COMBINING_SPACING_MARK ->
                  false;
              default -> true;
            });
  }

  /** Drops white space at the ends. */
  static String strip(String text, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && UnicodeText.isWhitespace(text.charAt(start))) {
      start++;
    }
    while (right && end > start && UnicodeText.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /**
   * BERT's normalization.
   *
   * @param cleanText drops control characters and turns white space into spaces
   * @param ideographs sets CJK ideographs apart with spaces
   */
  static TextNormalizer bert(
      boolean cleanText, boolean ideographs, boolean stripAccents, boolean lowercase) {
    return text -> {
      String result = cleanText ? cleanText(text) : text;
      result = ideographs ? setIdeographsApart(result) : result;
      if (stripAccents) {
        result = stripNonSpacingMarks(Normalizer.normalize(result, Normalizer.Form.NFD));
      }
      return lowercase ? lowercase(result) : result;
    };
  }

  private static String cleanText(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            codePoint -> {
              boolean lineOrTab = codePoint == '\t' || codePoint == '\n' || codePoint == '\r';
              boolean dropped = codePoint == 0xfffd || UnicodeText.isOther(codePoint);
              if (lineOrTab || !dropped && UnicodeText.isWhitespace(codePoint)) {
                result.append(' ');
              } else if (!dropped) {
                result.appendCodePoint(codePoint);
              }
            });
    return result.toString();
  }

  private static String setIdeographsApart(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            codePoint -> {
              if (UnicodeText.isIdeograph(codePoint)) {
                result.append(' ').appendCodePoint(codePoint).append(' ');
              } else {
                result.appendCodePoint(codePoint);
              }
            });
    return result.toString();
  }

  private static String filter(String text, IntPredicate keep) {
    return text.codePoints()
        .filter(keep)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
