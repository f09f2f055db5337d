package dev.levin.compare;

import java.util.function.ToIntFunction;

/** Text of an exact number of tokens, for engines that take nothing but text. */
final class PromptText {
  private static final String WORD = " a";

  /** How far from the guess is looked, in words. */
  private static final int REACH = 3;

  private PromptText() {}

  /**
   * Repeats a word until an engine counts {@code tokens}.
   *
   * @throws IllegalStateException when its tokenizer joins the words so that the number is not met
   */
  static String of(int tokens, ToIntFunction<String> counter) {
    // Some add a token in front, some join words: the count is a line whose slope two points tell.
    int once = counter.applyAsInt(WORD.repeat(tokens));
    int twice = counter.applyAsInt(WORD.repeat(2 * tokens));
    int slope = Math.max(1, twice - once);
    int guess = tokens + Math.round((float) (tokens - once) * tokens / slope);
    for (int words = Math.max(1, guess - REACH); words <= guess + REACH; words++) {
      String text = WORD.repeat(words);
      if (counter.applyAsInt(text) == tokens) {
        return text;
      }
    }
    throw new IllegalStateException(
        "no run of '%s' makes %d tokens; %d of them make %d".formatted(WORD, tokens, tokens, once));
  }
}
