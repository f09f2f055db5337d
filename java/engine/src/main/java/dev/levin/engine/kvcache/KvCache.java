package dev.levin.engine.kvcache;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The book-keeping of all sequences over one pool of pages and state slots. Not thread-safe. */
public final class KvCache {
  private final KvLayout layout;
  private final CacheCopier copier;
  private final PagePool pages;
  private final PagePool slots;
  private final List<CachedSequence> sequences = new ArrayList<>();
  private long clock;

  public KvCache(KvLayout layout, CacheCopier copier) {
    this.layout = layout;
    this.copier = copier;
    this.pages = new PagePool(layout.numPages());
    this.slots = new PagePool(layout.stateSlots());
  }

  public KvLayout layout() {
    return layout;
  }

  /** An empty sequence; it holds nothing until tokens are computed. */
  public CachedSequence newSequence() {
    return register(new CachedSequence(this));
  }

  /** Every sequence that has not been released. */
  public List<CachedSequence> sequences() {
    return Collections.unmodifiableList(sequences);
  }

  public int freePages() {
    return pages.freePages();
  }

  public int freeStateSlots() {
    return slots.freePages();
  }

  PagePool pages() {
    return pages;
  }

  PagePool slots() {
    return slots;
  }

  CacheCopier copier() {
    return copier;
  }

  long tick() {
    return ++clock;
  }

  CachedSequence register(CachedSequence sequence) {
    sequences.add(sequence);
    return sequence;
  }

  void remove(CachedSequence sequence) {
    sequences.remove(sequence);
  }
}
