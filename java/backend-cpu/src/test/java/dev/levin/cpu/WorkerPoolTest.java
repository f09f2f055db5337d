package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {
  private static final long HEAVY = 1 << 20;

  @Test
  void runsEveryItemOnce() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int count : new int[] {0, 1, 2, 3, 4, 7, 100}) {
        AtomicIntegerArray seen = new AtomicIntegerArray(count);
        pool.forEach(
            count,
            HEAVY,
            (from, to, workspace) -> {
              for (int i = from; i < to; i++) {
                seen.incrementAndGet(i);
              }
            });
        for (int i = 0; i < count; i++) {
          assertEquals(1, seen.get(i), "item " + i + " of " + count);
        }
      }
    }
  }

  @Test
  void cutsByCost() {
    try (WorkerPool pool = new WorkerPool(2)) {
      long[] costs = new long[5];
      for (int i = 0; i < 4; i++) {
        costs[i + 1] = costs[i] + (i == 3 ? 3 * HEAVY : HEAVY);
      }
      Set<String> pieces = ConcurrentHashMap.newKeySet();
      pool.forEach(4, costs, (from, to, workspace) -> pieces.add(from + "-" + to));
      assertTrue(pieces.contains("3-4"), "the last item is a share of its own: " + pieces);
    }
  }

  /** The caller stays in its first piece until the other worker has run all else. */
  @Test
  void takesFromWhoIsSlow() {
    try (WorkerPool pool = new WorkerPool(2)) {
      int count = 64;
      AtomicIntegerArray seen = new AtomicIntegerArray(count);
      AtomicInteger ran = new AtomicInteger();
      Thread slow = Thread.currentThread();
      AtomicBoolean waited = new AtomicBoolean();
      pool.forEach(
          count,
          HEAVY,
          (from, to, workspace) -> {
            for (int i = from; i < to; i++) {
              seen.incrementAndGet(i);
            }
            ran.addAndGet(to - from);
            if (Thread.currentThread() == slow && waited.compareAndSet(false, true)) {
              await(() -> ran.get() == count);
            }
          });
      for (int i = 0; i < count; i++) {
        assertEquals(1, seen.get(i), "item " + i);
      }
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited for 30 s");
      Thread.yield();
    }
  }

  @Test
  void wakesNobodyForLittleWork() {
    try (WorkerPool pool = new WorkerPool(4)) {
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      pool.forEach(100, 1, (from, to, workspace) -> threads.add(Thread.currentThread()));
      assertEquals(Set.of(Thread.currentThread()), threads);
    }
  }

  @Test
  void passesExceptionsOnAndGoesOn() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int failing = 0; failing < 3; failing++) {
        int bad = failing;
        IllegalStateException thrown = new IllegalStateException("item " + bad);
        var caught =
            assertThrows(
                IllegalStateException.class,
                () ->
                    pool.forEach(
                        3,
                        HEAVY,
                        (from, to, workspace) -> {
                          if (from <= bad && bad < to) {
                            throw thrown;
                          }
                        }));
        assertSame(thrown, caught);
      }
      AtomicIntegerArray seen = new AtomicIntegerArray(1);
      pool.forEach(3, HEAVY, (from, to, workspace) -> seen.addAndGet(0, to - from));
      assertEquals(3, seen.get(0));
    }
  }

  @Test
  void refusesNestedUse() {
    try (WorkerPool pool = new WorkerPool(2)) {
      var error =
          assertThrows(
              IllegalStateException.class,
              () ->
                  pool.forEach(
                      2,
                      HEAVY,
                      (from, to, workspace) -> pool.forEach(1, HEAVY, (a, b, inner) -> {})));
      assertTrue(error.getMessage().contains("in use"), error.getMessage());
    }
  }

  @Test
  void survivesManyRunsWithPausesBetween() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(3)) {
      int[] items = new int[48];
      for (int round = 0; round < 2_000; round++) {
        pool.forEach(
            items.length,
            HEAVY,
            (from, to, workspace) -> {
              for (int i = from; i < to; i++) {
                items[i]++;
              }
            });
        if (round % 500 == 0) {
          Thread.sleep(2);
        }
      }
      assertEquals(Set.of(2_000), Arrays.stream(items).boxed().collect(Collectors.toSet()));
    }
  }

  @Test
  void keepsWorkspacesBetweenRuns() {
    try (WorkerPool pool = new WorkerPool(1)) {
      float[][] arrays = new float[2][];
      for (int i = 0; i < 2; i++) {
        int round = i;
        pool.forEach(
            1,
            1,
            (from, to, workspace) ->
                arrays[round] = workspace.floats(Workspace.Slot.ROW, 10 - round));
      }
      assertSame(arrays[0], arrays[1]);
    }
  }

  @Test
  void endsItsThreadsOnClose() {
    WorkerPool pool = new WorkerPool(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    pool.forEach(
        3,
        HEAVY,
        (from, to, workspace) -> {
          threads.add(Thread.currentThread());
          await(() -> threads.size() == 3);
        });
    threads.remove(Thread.currentThread());
    assertEquals(2, threads.size());
    pool.close();
    pool.close();
    threads.forEach(thread -> assertFalse(thread.isAlive(), thread + " is alive"));
    assertThrows(
        IllegalStateException.class, () -> pool.forEach(1, 1, (from, to, workspace) -> {}));
  }
}
