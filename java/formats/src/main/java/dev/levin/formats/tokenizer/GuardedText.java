package dev.levin.formats.tokenizer;

/**
 * A text that counts how often a regular expression looks at it. Patterns come from model files,
 * and a careless or hostile one needs exponential time on some texts.
 */
final class GuardedText implements CharSequence {
  private static final long FREE_LOOKS = 1_000_000;
  private static final long LOOKS_PER_CHARACTER = 1_000;

  private final String text;
  private long looksLeft;

  GuardedText(String text) {
    this.text = text;
    this.looksLeft = FREE_LOOKS + LOOKS_PER_CHARACTER * text.length();
  }

  /** Thrown out of a matcher that has used up its looks. */
  static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExhaustedException() {
      super("too many steps", null, false, false);
    }
  }

  @Override
  public char charAt(int index) {
    if (--looksLeft < 0) {
      throw new ExhaustedException();
    }
    return text.charAt(index);
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.subSequence(start, end);
  }

  @Override
  public String toString() {
    return text;
  }
}
