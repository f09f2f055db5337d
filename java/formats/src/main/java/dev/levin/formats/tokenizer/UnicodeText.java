package dev.levin.formats.tokenizer;

/** Character classes as Unicode defines them, and texts that UTF-8 can carry. */
final class UnicodeText {
  private static final char REPLACEMENT = '\ufffd';

  private UnicodeText() {}

  /** Unicode's White_Space property. */
  static boolean isWhitespace(int codePoint) {
    return Character.isSpaceChar(codePoint)
        || codePoint >= '\t' && codePoint <= '\r'
        || codePoint == 0x85;
  }

  /** General category P, and all ASCII symbols. */
  static boolean isPunctuation(int codePoint) {
    return codePoint < 0x7f
        ? codePoint > ' ' && !Character.isLetterOrDigit(codePoint)
        : isPunctuationCategory(Character.getType(codePoint));
  }

  /** Letters, digits, marks and connectors, as {@code \w} has them. */
  static boolean isWordCharacter(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.CONNECTOR_PUNCTUATION ->
          true;
      default -> Character.isLetterOrDigit(codePoint) || Character.isAlphabetic(codePoint);
    };
  }

  /** General category C without the unassigned: control, format and private use characters. */
  static boolean isOther(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
      default -> false;
    };
  }

  /** Ideographs that BERT's tokenizers set apart as words of their own. */
  static boolean isIdeograph(int codePoint) {
    return codePoint >= 0x4e00 && codePoint <= 0x9fff
        || codePoint >= 0x3400 && codePoint <= 0x4dbf
        || codePoint >= 0x20000 && codePoint <= 0x2a6df
        || codePoint >= 0x2a700 && codePoint <= 0x2b73f
        || codePoint >= 0x2b740 && codePoint <= 0x2b81f
        || codePoint >= 0x2b920 && codePoint <= 0x2ceaf
        || codePoint >= 0xf900 && codePoint <= 0xfaff
        || codePoint >= 0x2f800 && codePoint <= 0x2fa1f;
  }

  /** Replaces halves of surrogate pairs, which have no UTF-8 form, by U+FFFD. */
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return replaceLoneSurrogates(text);
      }
    }
    return text;
  }

  private static String replaceLoneSurrogates(String text) {
    StringBuilder result = new StringBuilder(text.length());
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      boolean lone = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
      result.appendCodePoint(lone ? REPLACEMENT : codePoint);
    }
    return result.toString();
  }

  private static boolean isPunctuationCategory(int type) {
    return switch (type) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }
}
