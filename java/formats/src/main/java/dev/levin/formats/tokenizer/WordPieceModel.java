package dev.levin.formats.tokenizer;

/**
 * WordPiece: of each word the longest known prefix, then the longest known continuation, and so on;
 * a word with a gap is the unknown token as a whole.
 */
final class WordPieceModel implements SubwordModel {
  private final CharTrie starts;
  private final CharTrie continuations;
  private final String startMark;
  private final int longestWordCharacters;
  private final int unknownId;

  private WordPieceModel(
      CharTrie starts,
      CharTrie continuations,
      String startMark,
      int longestWordCharacters,
      int unknownId) {
    this.starts = starts;
    this.continuations = continuations;
    this.startMark = startMark;
    this.longestWordCharacters = longestWordCharacters;
    this.unknownId = unknownId;
  }

  /**
   * The form of tokenizer.json: continuations carry a mark ("##").
   *
   * @param longestWordCharacters longer words are unknown
   */
  static WordPieceModel markedContinuations(
      Vocabulary vocabulary, String mark, int longestWordCharacters, int unknownId) {
    CharTrie starts = new CharTrie(vocabulary.size() * 4);
    CharTrie continuations = new CharTrie(vocabulary.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (piece.isEmpty()) {
        continue;
      }
      starts.put(piece, id);
      if (piece.length() > mark.length() && piece.startsWith(mark)) {
        continuations.put(piece.substring(mark.length()), id);
      }
    }
    return new WordPieceModel(starts, continuations, "", longestWordCharacters, unknownId);
  }

  /** The form of GGUF files: the starts of words carry a mark, continuations none. */
  static WordPieceModel markedStarts(Vocabulary vocabulary, String mark, int unknownId) {
    CharTrie pieces = new CharTrie(vocabulary.size() * 4);
    for (int id = 0; id < vocabulary.size(); id++) {
      pieces.put(vocabulary.piece(id), id);
    }
    return new WordPieceModel(pieces, pieces, mark, Integer.MAX_VALUE, unknownId);
  }

  @Override
  public void encode(String word, IntList ids) {
    int before = ids.size();
    boolean tooLong =
        word.length() > longestWordCharacters
            && word.codePointCount(0, word.length()) > longestWordCharacters;
    if (tooLong || !encodeKnown(startMark + word, ids)) {
      ids.truncate(before);
      ids.add(unknownId);
    }
  }

  private boolean encodeKnown(String word, IntList ids) {
    int position = 0;
    while (position < word.length()) {
      CharTrie trie = position == 0 ? starts : continuations;
      int id = CharTrie.NONE;
      int end = position;
      int node = CharTrie.ROOT;
      for (int i = position; i < word.length(); i++) {
        node = trie.step(node, word.charAt(i));
        if (node == CharTrie.NONE) {
          break;
        }
        if (trie.value(node) != CharTrie.NONE) {
          id = trie.value(node);
          end = i + 1;
        }
      }
      if (id == CharTrie.NONE) {
        return false;
      }
      ids.add(id);
      position = end;
    }
    return true;
  }
}
