package dev.levin.engine.kvcache;

/**
 * How many tokens and sequences a cache can hold.
 *
 * @param pageSize tokens per page
 * @param numPages pages in the pool
 * @param stateSlots sequences that may hold recurrent state at once; 0 for models without any
 */
public record KvLayout(int pageSize, int numPages, int stateSlots) {
  public KvLayout {
    if (pageSize < 1 || numPages < 1 || stateSlots < 0) {
      throw new IllegalArgumentException(
          "page size %d, %d pages, %d state slots".formatted(pageSize, numPages, stateSlots));
    }
  }

  /** True when sequences carry a state that cannot be rolled back. */
  public boolean isRecurrent() {
    return stateSlots > 0;
  }

  /** Pages that hold this many tokens. */
  public int pagesFor(int tokens) {
    return Math.ceilDiv(tokens, pageSize);
  }

  /** Tokens that all pages together hold. */
  public long capacityTokens() {
    return (long) pageSize * numPages;
  }
}
