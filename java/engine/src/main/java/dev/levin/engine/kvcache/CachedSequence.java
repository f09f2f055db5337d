package dev.levin.engine.kvcache;

import java.util.Arrays;

/**
 * The tokens of one sequence, and for how many of them the cache holds keys, values and recurrent
 * state. Tokens outlive what is cached: after {@link #evict()} the same tokens are computed again.
 */
public final class CachedSequence {
  private static final int NO_SLOT = -1;

  private final KvCache cache;
  private final PageTable table;
  private int[] tokens;
  private int length;
  private int stateSlot = NO_SLOT;
  private long lastUsed;
  private boolean released;

  CachedSequence(KvCache cache) {
    this(cache, new PageTable(cache.pages(), cache.layout().pageSize()), new int[16], 0);
  }

  private CachedSequence(KvCache cache, PageTable table, int[] tokens, int length) {
    this.cache = cache;
    this.table = table;
    this.tokens = tokens;
    this.length = length;
  }

  /** Number of tokens. */
  public int length() {
    return length;
  }

  /** Tokens from the front that are in the cache. */
  public int computed() {
    return table.length();
  }

  /** Tokens that the next steps have to compute. */
  public int pending() {
    return length - table.length();
  }

  public int token(int position) {
    return tokens[position];
  }

  public int[] tokens() {
    return Arrays.copyOf(tokens, length);
  }

  /** When the sequence last took part in a step, in steps of all sequences. */
  public long lastUsed() {
    return lastUsed;
  }

  /** Page ids in order, at least as many as the reserved tokens need. */
  public int[] pages() {
    return table.pages();
  }

  public int numPages() {
    return table.numPages();
  }

  /** Where a position's key and value go: page * pageSize + slot. */
  public int slot(int position) {
    return table.slot(position);
  }

  /** The recurrent-state slot; 0 for models without state. */
  public int stateSlot() {
    return Math.max(stateSlot, 0);
  }

  /** True when evicting the sequence would give something back. */
  public boolean holdsCache() {
    return table.numPages() > 0 || stateSlot != NO_SLOT;
  }

  public void append(int token) {
    requireOpen();
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = token;
  }

  /** The most of {@code wanted} pending tokens that pages and slots allow to be computed now. */
  public int fitting(int wanted) {
    if (needsSlot() && cache.freeStateSlots() == 0) {
      return 0;
    }
    return table.fitting(wanted);
  }

  /** Takes what computing {@code count} pending tokens needs; they must be {@link #fitting}. */
  public void reserve(int count) {
    requireOpen();
    if (count > pending()) {
      throw new IllegalArgumentException(count + " tokens of " + pending() + " pending ones");
    }
    if (needsSlot()) {
      stateSlot = cache.slots().allocate();
    }
    table.reserve(count, cache.copier());
    lastUsed = cache.tick();
  }

  /** Counts reserved tokens that a step has computed. */
  public void advance(int count) {
    table.advance(count);
  }

  /**
   * Keeps the first {@code newLength} tokens. Recurrent state cannot be taken back: it is dropped,
   * and the tokens kept are computed again.
   */
  public void truncate(int newLength) {
    requireOpen();
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException(
          "cannot keep %d tokens of %d".formatted(newLength, length));
    }
    length = newLength;
    if (newLength < table.length()) {
      if (cache.layout().isRecurrent()) {
        evict();
      } else {
        table.truncate(newLength);
      }
    }
  }

  /** Gives back everything cached and keeps the tokens. */
  public void evict() {
    table.truncate(0);
    if (stateSlot != NO_SLOT) {
      cache.slots().release(stateSlot);
      stateSlot = NO_SLOT;
    }
  }

  /**
   * A sequence of the same tokens that shares all pages until one of the two writes into a shared
   * one. Recurrent state is copied; when no slot is free the fork computes its tokens again.
   */
  public CachedSequence fork() {
    requireOpen();
    PageTable shared;
    int slot = NO_SLOT;
    if (stateSlot != NO_SLOT && cache.freeStateSlots() == 0) {
      shared = new PageTable(cache.pages(), cache.layout().pageSize());
    } else {
      shared = table.fork();
      if (stateSlot != NO_SLOT) {
        slot = cache.slots().allocate();
        cache.copier().copyState(stateSlot, slot);
      }
    }
    CachedSequence fork = new CachedSequence(cache, shared, tokens.clone(), length);
    fork.stateSlot = slot;
    fork.lastUsed = lastUsed;
    return cache.register(fork);
  }

  /** Gives everything back for good. Releasing again does nothing. */
  public void release() {
    if (!released) {
      evict();
      released = true;
      cache.remove(this);
    }
  }

  public boolean isReleased() {
    return released;
  }

  private boolean needsSlot() {
    return cache.layout().isRecurrent() && stateSlot == NO_SLOT;
  }

  private void requireOpen() {
    if (released) {
      throw new IllegalStateException("the sequence is closed");
    }
  }
}
