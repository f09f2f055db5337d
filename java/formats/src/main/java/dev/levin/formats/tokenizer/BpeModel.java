package dev.levin.formats.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Byte-pair encoding: a word starts as its characters, then the pair that comes first in the list
 * of merges is merged, again and again. Characters may be those of {@link ByteLevelAlphabet}.
 *
 * <p>Symbols are token ids. Parts of merges that the vocabulary lacks get symbols above its ids and
 * fall apart into characters again if they survive.
 */
final class BpeModel implements SubwordModel {
  private static final int CACHED_WORDS = 1 << 14;
  private static final int CACHED_WORD_CHARACTERS = 64;

  private final Vocabulary vocabulary;
  private final boolean ignoreMerges;
  private final UnknownText unknown;
  private final LongIntMap rankOfPair;
  private final int[] symbolOfRank;
  private final Map<String, Integer> symbolOfForeign;
  private final List<String> foreign;
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  private BpeModel(Builder builder, boolean ignoreMerges, UnknownText unknown) {
    this.vocabulary = builder.vocabulary;
    this.ignoreMerges = ignoreMerges;
    this.unknown = unknown;
    this.rankOfPair = builder.rankOfPair;
    this.symbolOfRank = builder.symbolOfRank;
    this.symbolOfForeign = builder.symbolOfForeign;
    this.foreign = builder.foreign;
  }

  /** Collects merges, the most important first. */
  static final class Builder {
    private final Vocabulary vocabulary;
    private final LongIntMap rankOfPair;
    private final int[] symbolOfRank;
    private final Map<String, Integer> symbolOfForeign = new HashMap<>();
    private final List<String> foreign = new ArrayList<>();
    private int ranks;

    Builder(Vocabulary vocabulary, int merges) {
      this.vocabulary = vocabulary;
      this.rankOfPair = new LongIntMap(merges);
      this.symbolOfRank = new int[merges];
    }

    /** Adds the next merge; of a pair that is listed twice the first counts. */
    void merge(String left, String right) {
      symbolOfRank[ranks] = symbol(left + right);
      rankOfPair.putIfAbsent(pair(symbol(left), symbol(right)), ranks);
      ranks++;
    }

    /**
     * @param ignoreMerges a word that is a token as a whole is taken as it is
     */
    BpeModel build(boolean ignoreMerges, UnknownText unknown) {
      return new BpeModel(this, ignoreMerges, unknown);
    }

    private int symbol(String text) {
      int id = vocabulary.id(text);
      return id != Vocabulary.ABSENT ? id : symbolOfForeign.computeIfAbsent(text, this::register);
    }

    private int register(String text) {
      foreign.add(text);
      return vocabulary.size() + foreign.size() - 1;
    }
  }

  @Override
  public void encode(String word, IntList ids) {
    if (word.length() > CACHED_WORD_CHARACTERS) {
      encodeUncached(word, ids);
      return;
    }
    int[] known = cache.get(word);
    if (known == null) {
      IntList fresh = new IntList(word.length());
      encodeUncached(word, fresh);
      known = fresh.toArray();
      if (cache.size() < CACHED_WORDS) {
        cache.put(word, known);
      }
    }
    ids.addAll(known);
  }

  private void encodeUncached(String word, IntList ids) {
    int whole = ignoreMerges ? vocabulary.id(word) : Vocabulary.ABSENT;
    if (whole != Vocabulary.ABSENT) {
      ids.add(whole);
      return;
    }
    if (word.isEmpty()) {
      return;
    }
    Word symbols = new Word(word.codePoints().map(this::symbolOf).toArray());
    symbols.run();
    boolean afterUnknown = false;
    for (int i = 0; i >= 0; i = symbols.following(i)) {
      afterUnknown = emit(symbols.symbols[i], afterUnknown, ids);
    }
  }

  private boolean emit(int symbol, boolean afterUnknown, IntList ids) {
    if (symbol < 0) {
      return unknown.encode(Character.toString(~symbol), afterUnknown, ids);
    }
    if (symbol < vocabulary.size()) {
      ids.add(symbol);
      return false;
    }
    boolean isUnknown = afterUnknown;
    for (int codePoint : foreign.get(symbol - vocabulary.size()).codePoints().toArray()) {
      String character = Character.toString(codePoint);
      int id = vocabulary.id(character);
      if (id != Vocabulary.ABSENT) {
        ids.add(id);
        isUnknown = false;
      } else {
        isUnknown = unknown.encode(character, isUnknown, ids);
      }
    }
    return isUnknown;
  }

  /** A character no merge and no token knows is the complement of its code point. */
  private int symbolOf(int codePoint) {
    String character = Character.toString(codePoint);
    int id = vocabulary.id(character);
    return id != Vocabulary.ABSENT ? id : symbolOfForeign.getOrDefault(character, ~codePoint);
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private final class Word extends SymbolMerger {
    private final int[] symbols;

    Word(int[] symbols) {
      super(symbols.length);
      this.symbols = symbols;
    }

    @Override
    protected int priority(int left, int right) {
      if (symbols[left] < 0 || symbols[right] < 0) {
        return NEVER;
      }
      int rank = rankOfPair.get(pair(symbols[left], symbols[right]));
      return rank == LongIntMap.ABSENT ? NEVER : rank;
    }

    @Override
    protected void join(int left, int right) {
      symbols[left] = symbolOfRank[rankOfPair.get(pair(symbols[left], symbols[right]))];
    }
  }
}
