package dev.levin.engine.kvcache;

import java.util.Arrays;

/**
 * The pages of one sequence in order, and how many of its tokens they hold. Pages are shared with
 * forks; a shared page that is about to be written is copied first.
 */
final class PageTable {
  private final PagePool pool;
  private final int pageSize;
  private int[] pages;
  private int numPages;
  private int length;

  PageTable(PagePool pool, int pageSize) {
    this(pool, pageSize, new int[4], 0, 0);
  }

  private PageTable(PagePool pool, int pageSize, int[] pages, int numPages, int length) {
    this.pool = pool;
    this.pageSize = pageSize;
    this.pages = pages;
    this.numPages = numPages;
    this.length = length;
  }

  /** Tokens whose keys and values are in the pages. */
  int length() {
    return length;
  }

  int numPages() {
    return numPages;
  }

  /** Page ids in order; longer than needed, replaced when it grows. */
  int[] pages() {
    return pages;
  }

  /** Where the key and value of a position lie: page * pageSize + slot within the page. */
  int slot(int position) {
    return pages[position / pageSize] * pageSize + position % pageSize;
  }

  /** The most of {@code wanted} further tokens for which the pool has pages now. */
  int fitting(int wanted) {
    int available = pool.freePages() - (writesSharedPage() ? 1 : 0);
    if (available < 0) {
      return 0;
    }
    long room = (long) (numPages + available) * pageSize - length;
    return (int) Math.min(wanted, room);
  }

  /** Takes the pages that {@code tokens} further tokens need. */
  void reserve(int tokens, CacheCopier copier) {
    if (tokens > 0 && writesSharedPage()) {
      int index = length / pageSize;
      int shared = pages[index];
      int own = pool.allocate();
      copier.copyPage(shared, own);
      pages[index] = own;
      pool.release(shared);
    }
    while ((long) numPages * pageSize < (long) length + tokens) {
      if (numPages == pages.length) {
        pages = Arrays.copyOf(pages, 2 * numPages);
      }
      pages[numPages++] = pool.allocate();
    }
  }

  /** Counts tokens that a step has written into reserved pages. */
  void advance(int tokens) {
    if ((long) length + tokens > (long) numPages * pageSize) {
      throw new IllegalStateException(
          "%d tokens after %d do not fit %d pages".formatted(tokens, length, numPages));
    }
    length += tokens;
  }

  /** Keeps the first {@code newLength} tokens and the pages they need. */
  void truncate(int newLength) {
    length = Math.min(length, newLength);
    int needed = Math.ceilDiv(length, pageSize);
    while (numPages > needed) {
      pool.release(pages[--numPages]);
    }
  }

  /** A table of the same contents that shares every page. */
  PageTable fork() {
    for (int i = 0; i < numPages; i++) {
      pool.share(pages[i]);
    }
    return new PageTable(pool, pageSize, pages.clone(), numPages, length);
  }

  private boolean writesSharedPage() {
    return length % pageSize != 0 && pool.references(pages[length / pageSize]) > 1;
  }
}
