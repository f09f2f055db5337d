package dev.levin.formats.tokenizer;

/**
 * Decodes token by token. What is returned never splits a UTF-8 sequence: bytes of an unfinished
 * one wait for the next token. Concatenated, the results equal decoding everything at once.
 */
public interface TokenStream {
  /** Text that became complete with this token; often empty, never null. */
  String accept(int id);

  /** What is left at the end, an unfinished sequence as U+FFFD. */
  String finish();
}
