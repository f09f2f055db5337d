package dev.levin.formats.tokenizer;

import java.util.List;

/** Splits text at added tokens: the leftmost one first, of several there the longest. */
final class AddedTokens {
  static final AddedTokens NONE = new AddedTokens(List.of());

  private final AddedToken[] tokens;
  private final CharTrie trie;

  AddedTokens(List<AddedToken> tokens) {
    this.tokens = tokens.toArray(AddedToken[]::new);
    this.trie = new CharTrie(tokens.size() * 8);
    for (int i = 0; i < this.tokens.length; i++) {
      if (!this.tokens[i].text().isEmpty()) {
        trie.put(this.tokens[i].text(), i);
      }
    }
  }

  /** Takes what {@link #split} finds, in order. */
  interface Sink {
    /**
     * Text between tokens, never empty.
     *
     * @param first nothing came before it
     */
    void text(String fragment, boolean first);

    void token(int id);
  }

  /**
   * @param first whether nothing came before the text
   * @param parseSpecial false leaves the texts of special tokens in the fragments
   */
  void split(String text, boolean first, boolean parseSpecial, Sink sink) {
    if (tokens.length == 0) {
      emit(text, 0, text.length(), first, sink);
      return;
    }
    int fragment = 0;
    int position = 0;
    while (position < text.length()) {
      AddedToken token = longestAt(text, position, parseSpecial);
      if (token == null) {
        position++;
        continue;
      }
      int end = position;
      while (token.stripLeft()
          && end > fragment
          && UnicodeText.isWhitespace(text.charAt(end - 1))) {
        end--;
      }
      emit(text, fragment, end, first, sink);
      sink.token(token.id());
      position += token.text().length();
      while (token.stripRight()
          && position < text.length()
          && UnicodeText.isWhitespace(text.charAt(position))) {
        position++;
      }
      fragment = position;
    }
    emit(text, fragment, text.length(), first, sink);
  }

  private AddedToken longestAt(String text, int position, boolean parseSpecial) {
    AddedToken longest = null;
    int node = trie.step(CharTrie.ROOT, text.charAt(position));
    for (int end = position + 1; node != CharTrie.NONE; end++) {
      int index = trie.value(node);
      if (index != CharTrie.NONE && admissible(tokens[index], text, position, end, parseSpecial)) {
        longest = tokens[index];
      }
      node = end < text.length() ? trie.step(node, text.charAt(end)) : CharTrie.NONE;
    }
    return longest;
  }

  private static boolean admissible(
      AddedToken token, String text, int start, int end, boolean parseSpecial) {
    if (token.special() && !parseSpecial) {
      return false;
    }
    if (!token.singleWord()) {
      return true;
    }
    boolean wordBefore = start > 0 && UnicodeText.isWordCharacter(text.codePointBefore(start));
    boolean wordAfter = end < text.length() && UnicodeText.isWordCharacter(text.codePointAt(end));
    return !wordBefore && !wordAfter;
  }

  private static void emit(String text, int start, int end, boolean first, Sink sink) {
    if (start < end) {
      sink.text(text.substring(start, end), first && start == 0);
    }
  }
}
