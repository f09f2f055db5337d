package dev.levin.formats.tokenizer;

import java.util.List;

/** Cuts text into the words that the subword model sees one at a time. Thread-safe. */
interface PreTokenizer {
  /** Hands text on as it is. */
  PreTokenizer WHOLE = (text, first, sink) -> sink.accept(text, first);

  /**
   * @param first whether nothing came before the text
   */
  void split(String text, boolean first, Sink sink);

  /** Takes words in order. */
  interface Sink {
    /**
     * @param first whether nothing came before the word
     */
    void accept(String word, boolean first);
  }

  /** Each step cuts what the one before it left. */
  static PreTokenizer sequence(List<PreTokenizer> steps) {
    PreTokenizer chain = WHOLE;
    for (PreTokenizer step : steps) {
      chain = chain == WHOLE ? step : chain.then(step);
    }
    return chain;
  }

  private PreTokenizer then(PreTokenizer next) {
    return (text, first, sink) ->
        split(text, first, (word, wordFirst) -> next.split(word, wordFirst, sink));
  }

  /**
   * @param invert treats what the pattern does not match as the matches
   */
  static PreTokenizer split(SplitPattern pattern, SplitBehavior behavior, boolean invert) {
    return (text, first, sink) -> {
      Joiner joiner = new Joiner(text, first, behavior, sink);
      pattern.split(text, (start, end, match) -> joiner.part(start, end, match != invert));
      joiner.flush();
    };
  }

  static PreTokenizer isolate(SplitPattern pattern) {
    return split(pattern, SplitBehavior.ISOLATED, false);
  }

  /** Spells words in the byte-level alphabet. */
  static PreTokenizer byteLevel(boolean addPrefixSpace) {
    return (text, first, sink) -> {
      boolean prefix = addPrefixSpace && !text.startsWith(" ");
      sink.accept(ByteLevelAlphabet.encode(prefix ? " " + text : text), first);
    };
  }

  /** Puts parts of a text together as a behaviour asks. */
  final class Joiner {
    private final String text;
    private final boolean first;
    private final SplitBehavior behavior;
    private final Sink sink;
    private int start;
    private int end;
    private boolean previousMatch;

    private Joiner(String text, boolean first, SplitBehavior behavior, Sink sink) {
      this.text = text;
      this.first = first;
      this.behavior = behavior;
      this.sink = sink;
    }

    private void part(int partStart, int partEnd, boolean match) {
      if (end == start || !behavior.joins(previousMatch, match)) {
        flush();
        start = partStart;
      }
      end = partEnd;
      previousMatch = match;
    }

    private void flush() {
      if (start < end && !(behavior == SplitBehavior.REMOVED && previousMatch)) {
        sink.accept(text.substring(start, end), first && start == 0);
      }
    }
  }
}
