package dev.levin.formats.tokenizer;

/** What a vocabulary entry is for. The order is that of GGUF's {@code token_type} numbers. */
enum TokenKind {
  UNDEFINED,
  NORMAL,
  UNKNOWN,
  CONTROL,
  USER_DEFINED,
  UNUSED,
  BYTE;

  private static final TokenKind[] BY_NUMBER = values();

  /** Numbers that GGUF does not define are read as undefined. */
  static TokenKind ofGgufNumber(int number) {
    return number < 0 || number >= BY_NUMBER.length ? UNDEFINED : BY_NUMBER[number];
  }

  /** True for tokens that stand for themselves and not for text of the vocabulary's coding. */
  boolean isVerbatim() {
    return this == CONTROL || this == UNKNOWN || this == USER_DEFINED;
  }
}
