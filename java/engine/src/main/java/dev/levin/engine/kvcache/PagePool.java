package dev.levin.engine.kvcache;

import java.util.Arrays;

/**
 * The ids of a fixed number of pages, reference counted. Knows nothing of what pages hold. Not
 * thread-safe.
 */
public final class PagePool {
  private final int[] references;
  private final int[] free;
  private int numFree;

  public PagePool(int numPages) {
    if (numPages < 0) {
      throw new IllegalArgumentException("numPages is " + numPages);
    }
    references = new int[numPages];
    free = new int[numPages];
    Arrays.setAll(free, i -> numPages - 1 - i);
    numFree = numPages;
  }

  public int numPages() {
    return references.length;
  }

  public int freePages() {
    return numFree;
  }

  public boolean canAllocate(int pages) {
    return pages <= numFree;
  }

  /** Takes a free page; the caller holds its only reference. */
  public int allocate() {
    if (numFree == 0) {
      throw new IllegalStateException("all " + references.length + " pages are in use");
    }
    int page = free[--numFree];
    references[page] = 1;
    return page;
  }

  /** Adds a reference to a page in use. */
  public void share(int page) {
    requireUsed(page);
    references[page]++;
  }

  /** Drops a reference; the last one frees the page. */
  public void release(int page) {
    requireUsed(page);
    if (--references[page] == 0) {
      free[numFree++] = page;
    }
  }

  /** How many hold the page; 0 when it is free. */
  public int references(int page) {
    return references[page];
  }

  private void requireUsed(int page) {
    if (references[page] == 0) {
      throw new IllegalStateException("page " + page + " is not in use");
    }
  }
}
