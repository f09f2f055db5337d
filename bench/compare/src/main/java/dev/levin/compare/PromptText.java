package dev.levin.compare;

import java.util.function.ToIntFunction;

/** Text of an exact number of tokens, for engines that take nothing but text. */
final class PromptText {
  private static final String WORD = " a";

  private PromptText() {}

  /**
   * Repeats a word until an engine counts {@code tokens}.
   *
   * @throws IllegalStateException when its tokenizer joins the words so that the number is not met
   */
  static String of(int tokens, ToIntFunction<String> counter) {
    for (int words = Math.max(1, tokens - 2); words <= tokens; words++) {
      String text = WORD.repeat(words);
      if (counter.applyAsInt(text) == tokens) {
        return text;
      }
    }
    throw new IllegalStateException(
        "no run of '%s' makes %d tokens; %d of them make %d"
            .formatted(WORD, tokens, tokens, counter.applyAsInt(WORD.repeat(tokens))));
  }
}
