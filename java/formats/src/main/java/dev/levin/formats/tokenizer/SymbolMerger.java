package dev.levin.formats.tokenizer;

import java.util.Arrays;

/**
 * Merges neighbouring symbols of one word, best pair first, until no pair is left that may merge:
 * what byte-pair encoding and SentencePiece have in common. Symbols are named by their position at
 * the start; a merged pair keeps the left one's. O(n log n) in the number of symbols.
 *
 * <p>Queue entries are never removed when they become stale. An entry counts only while it is the
 * one most recently computed for its left symbol.
 */
abstract class SymbolMerger {
  /** No merge; every real priority is smaller. */
  protected static final int NEVER = Integer.MAX_VALUE;

  private static final int END = -1;
  private static final long STALE = Long.MAX_VALUE;

  private final int[] previous;
  private final int[] next;
  private final long[] entryOfLeft;
  private long[] heap;
  private int heapSize;

  protected SymbolMerger(int symbols) {
    previous = new int[symbols];
    next = new int[symbols];
    entryOfLeft = new long[symbols];
    heap = new long[symbols + 1];
    for (int i = 0; i < symbols; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < symbols ? i + 1 : END;
    }
  }

  /** Priority of merging two neighbours, smaller first, or {@link #NEVER}. */
  protected abstract int priority(int left, int right);

  /** Makes the left symbol the union of both. */
  protected abstract void join(int left, int right);

  /** Merges all that can be merged. Ties go to the leftmost pair. */
  final void run() {
    for (int left = 0; left < next.length; left++) {
      offer(left);
    }
    while (heapSize > 0) {
      long entry = poll();
      int left = (int) entry;
      if (entryOfLeft[left] == entry) {
        merge(left, next[left]);
      }
    }
  }

  /** The symbol after one that is still there, or -1. Iteration starts at symbol 0. */
  final int following(int symbol) {
    return next[symbol];
  }

  private void merge(int left, int right) {
    join(left, right);
    entryOfLeft[right] = STALE;
    int after = next[right];
    next[left] = after;
    if (after != END) {
      previous[after] = left;
    }
    offer(left);
    if (previous[left] != END) {
      offer(previous[left]);
    }
  }

  private void offer(int left) {
    int right = next[left];
    int priority = right == END ? NEVER : priority(left, right);
    if (priority == NEVER) {
      entryOfLeft[left] = STALE;
      return;
    }
    long entry = (long) priority << 32 | left;
    entryOfLeft[left] = entry;
    push(entry);
  }

  private void push(long entry) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heapSize * 2);
    }
    int child = heapSize++;
    while (child > 0) {
      int parent = (child - 1) >>> 1;
      if (heap[parent] <= entry) {
        break;
      }
      heap[child] = heap[parent];
      child = parent;
    }
    heap[child] = entry;
  }

  private long poll() {
    long smallest = heap[0];
    long entry = heap[--heapSize];
    int parent = 0;
    for (int child = 1; child < heapSize; child = 2 * parent + 1) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= entry) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = entry;
    return smallest;
  }
}
