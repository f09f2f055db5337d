package dev.levin.engine.kvcache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CachedSequenceTest {
  private static final int PAGE_SIZE = 4;

  private final List<String> copies = new ArrayList<>();
  private final CacheCopier copier =
      new CacheCopier() {
        @Override
        public void copyPage(int from, int to) {
          copies.add("page " + from + ">" + to);
        }

        @Override
        public void copyState(int fromSlot, int toSlot) {
          copies.add("state " + fromSlot + ">" + toSlot);
        }
      };

  private KvCache cache(int numPages, int stateSlots) {
    return new KvCache(new KvLayout(PAGE_SIZE, numPages, stateSlots), copier);
  }

  private static CachedSequence computed(KvCache cache, int length) {
    CachedSequence sequence = cache.newSequence();
    compute(sequence, length);
    return sequence;
  }

  private static void compute(CachedSequence sequence, int more) {
    for (int i = 0; i < more; i++) {
      sequence.append(sequence.length());
    }
    sequence.reserve(more);
    sequence.advance(more);
  }

  @Test
  void takesPagesAsTokensNeedThem() {
    KvCache cache = cache(8, 0);
    CachedSequence sequence = computed(cache, 4);
    assertEquals(1, sequence.numPages());
    compute(sequence, 1);
    assertEquals(2, sequence.numPages());
    assertEquals(6, cache.freePages());
    assertEquals(0, sequence.pending());
  }

  @Test
  void forkSharesFullPagesAndCopiesThePartialOneWhenWritten() {
    KvCache cache = cache(8, 0);
    CachedSequence first = computed(cache, 6);
    CachedSequence fork = first.fork();
    assertEquals(6, cache.freePages());
    compute(fork, 1);
    assertEquals(List.of("page 1>2"), copies);
    assertEquals(first.pages()[0], fork.pages()[0]);
    assertNotEquals(first.pages()[1], fork.pages()[1]);
    compute(first, 1);
    assertEquals(1, copies.size(), "the page has one holder by now");
  }

  @Test
  void forkAtAPageBorderCopiesNothing() {
    KvCache cache = cache(8, 0);
    CachedSequence first = computed(cache, 8);
    CachedSequence fork = first.fork();
    compute(fork, 1);
    compute(first, 1);
    assertEquals(List.of(), copies);
    assertEquals(4, cache.freePages());
  }

  @Test
  void rollbackIntoASharedFullPageCopiesItBeforeWriting() {
    KvCache cache = cache(8, 0);
    CachedSequence first = computed(cache, 8);
    CachedSequence fork = first.fork();
    fork.truncate(3);
    assertEquals(6, cache.freePages());
    compute(fork, 1);
    assertEquals(List.of("page 0>2"), copies);
    assertArrayEquals(new int[] {0, 1, 2, 3}, fork.tokens());
  }

  @Test
  void truncateFreesPagesPastTheEnd() {
    KvCache cache = cache(8, 0);
    CachedSequence sequence = computed(cache, 9);
    sequence.truncate(4);
    assertEquals(7, cache.freePages());
    assertEquals(4, sequence.computed());
    sequence.append(9);
    sequence.truncate(4);
    assertEquals(4, sequence.computed(), "dropping a pending token touches no page");
    assertThrows(IllegalArgumentException.class, () -> sequence.truncate(5));
  }

  @Test
  void fittingCountsTheCopyOfASharedPage() {
    KvCache cache = cache(2, 0);
    CachedSequence first = computed(cache, 3);
    CachedSequence fork = first.fork();
    assertEquals(1, first.fitting(9), "the only free page is for the copy");
    fork.release();
    assertEquals(5, first.fitting(9));
  }

  @Test
  void recurrentStateIsCopiedByForkAndDroppedByRollback() {
    KvCache cache = cache(8, 2);
    CachedSequence first = computed(cache, 3);
    CachedSequence fork = first.fork();
    assertEquals(List.of("state " + first.stateSlot() + ">" + fork.stateSlot()), copies);
    assertEquals(0, cache.freeStateSlots());
    fork.truncate(2);
    assertEquals(0, fork.computed());
    assertEquals(2, fork.pending());
    assertEquals(1, cache.freeStateSlots());
  }

  @Test
  void forkWithoutAFreeStateSlotStartsOver() {
    KvCache cache = cache(8, 1);
    CachedSequence first = computed(cache, 3);
    CachedSequence fork = first.fork();
    assertEquals(0, fork.computed());
    assertEquals(0, fork.fitting(3));
    first.evict();
    assertEquals(3, fork.fitting(3));
  }

  @Test
  void releaseGivesEverythingBackOnce() {
    KvCache cache = cache(8, 2);
    CachedSequence sequence = computed(cache, 6);
    CachedSequence fork = sequence.fork();
    sequence.release();
    sequence.release();
    fork.release();
    assertEquals(8, cache.freePages());
    assertEquals(2, cache.freeStateSlots());
    assertFalse(cache.sequences().contains(sequence));
    assertThrows(IllegalStateException.class, () -> sequence.append(1));
    assertThrows(IllegalStateException.class, fork::fork);
  }
}
