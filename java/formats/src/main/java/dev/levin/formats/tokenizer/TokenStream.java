package dev.levin.formats.tokenizer;

/**
 * Decodes token by token. What is returned never splits a UTF-8 sequence: bytes of an unfinished
 * one wait for the next token. Concatenated, the results equal decoding everything at once.
 *
 * <p>To get the text that continues a prompt, feed the prompt's ids first and drop what they give:
 * a text's first token may lose the space it begins with, a later one keeps it.
 */
public interface TokenStream {
  /** Text that became complete with this token; often empty, never null. */
  String accept(int id);

  /** What is left at the end, an unfinished sequence as U+FFFD. */
  String finish();
}
