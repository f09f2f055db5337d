package dev.levin.formats.tokenizer;

/**
 * SentencePiece's BPE as GGUF files carry it: no list of merges; two neighbours may merge when the
 * vocabulary has their union, and the union with the highest score comes first.
 */
final class SentencePieceModel implements SubwordModel {
  private final Vocabulary vocabulary;
  private final float[] scores;
  private final UnknownText unknown;

  /**
   * @param scores one for each id
   */
  SentencePieceModel(Vocabulary vocabulary, float[] scores, UnknownText unknown) {
    this.vocabulary = vocabulary;
    this.scores = scores;
    this.unknown = unknown;
  }

  @Override
  public void encode(String text, IntList ids) {
    if (text.isEmpty()) {
      return;
    }
    Word word = new Word(text);
    word.run();
    boolean afterUnknown = false;
    for (int i = 0; i >= 0; i = word.following(i)) {
      String piece = text.substring(word.start[i], word.end[i]);
      int id = vocabulary.id(piece);
      if (id != Vocabulary.ABSENT) {
        ids.add(id);
        afterUnknown = false;
      } else {
        afterUnknown = unknown.encode(piece, afterUnknown, ids);
      }
    }
  }

  /** Orders scores from high to low as ints from low to high, never reaching the largest int. */
  static int priorityOf(float score) {
    int bits = Float.floatToIntBits(score == 0 || Float.isNaN(score) ? 0f : score);
    return ~(bits < 0 ? bits ^ 0x7fffffff : bits);
  }

  private final class Word extends SymbolMerger {
    private final String text;
    private final int[] start;
    private final int[] end;

    Word(String text) {
      super(text.codePointCount(0, text.length()));
      this.text = text;
      int symbols = text.codePointCount(0, text.length());
      start = new int[symbols];
      end = new int[symbols];
      int offset = 0;
      for (int i = 0; i < symbols; i++) {
        start[i] = offset;
        offset = text.offsetByCodePoints(offset, 1);
        end[i] = offset;
      }
    }

    @Override
    protected int priority(int left, int right) {
      int id = vocabulary.id(text.substring(start[left], end[right]));
      return id == Vocabulary.ABSENT ? NEVER : priorityOf(scores[id]);
    }

    @Override
    protected void join(int left, int right) {
      end[left] = end[right];
    }
  }
}
