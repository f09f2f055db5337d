package dev.levin.engine.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CacheCopier;
import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.engine.kvcache.KvCache;
import dev.levin.engine.kvcache.KvLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final int PAGE_SIZE = 4;

  private static final class ScriptedJob implements Job {
    final CachedSequence sequence;
    boolean ready = true;
    LevinException failure;

    ScriptedJob(CachedSequence sequence, int tokens) {
      this.sequence = sequence;
      append(tokens);
    }

    void append(int tokens) {
      for (int i = 0; i < tokens; i++) {
        sequence.append(i);
      }
    }

    @Override
    public CachedSequence sequence() {
      return sequence;
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void fail(LevinException reason) {
      failure = reason;
    }
  }

  private KvCache cache;
  private Scheduler scheduler;

  private void create(int numPages, int maxTokens, int maxSequences) {
    create(numPages, 0, maxTokens, maxSequences);
  }

  private void create(int numPages, int stateSlots, int maxTokens, int maxSequences) {
    CacheCopier copier =
        new CacheCopier() {
          @Override
          public void copyPage(int from, int to) {}

          @Override
          public void copyState(int fromSlot, int toSlot) {}
        };
    cache = new KvCache(new KvLayout(PAGE_SIZE, numPages, stateSlots), copier);
    scheduler = new Scheduler(cache, maxTokens, maxSequences);
  }

  private ScriptedJob add(int tokens) {
    ScriptedJob job = new ScriptedJob(cache.newSequence(), tokens);
    scheduler.add(job);
    return job;
  }

  /** Plans a step, pretends to run it and gives every finished prompt or decode another token. */
  private String step() {
    StepPlan plan = scheduler.plan();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < plan.size(); i++) {
      plan.sequence(i).advance(plan.count(i));
      parts.add(plan.sequence(i).length() + ":" + plan.count(i));
      if (plan.sequence(i).pending() == 0) {
        plan.sequence(i).append(0);
      }
    }
    return String.join(" ", parts);
  }

  @Test
  void decodesGoFirstAndPromptsFillTheBudget() {
    create(100, 8, 10);
    add(3);
    assertEquals("3:3", step());
    add(20);
    add(2);
    assertEquals("4:1 20:7", step());
    assertEquals("5:1 20:7", step());
    assertEquals("6:1 20:6 2:1", step());
    assertEquals("7:1 21:1 2:1", step());
  }

  @Test
  void atMostMaxSequencesRunInAStep() {
    create(100, 100, 2);
    add(1);
    add(1);
    add(1);
    assertEquals(2, scheduler.plan().size());
  }

  @Test
  void jobsThatAreNotReadyAreLeftOut() {
    create(100, 100, 1);
    ScriptedJob paused = add(5);
    step();
    paused.ready = false;
    add(7);
    assertEquals("7:7", step(), "a paused job takes no place");
    paused.ready = true;
    assertEquals("6:1", step());
  }

  @Test
  void youngestIsPreemptedWhenPagesRunOut() {
    create(4, 100, 10);
    ScriptedJob old = add(8);
    ScriptedJob young = add(8);
    assertEquals("8:8 8:8", step());
    assertEquals("9:1", step(), "the older one takes pages of the younger");
    assertEquals(0, young.sequence.computed());
    assertEquals(1, scheduler.numWaiting());
    assertEquals("10:1", step(), "the younger needs more pages than are free");
    scheduler.remove(old);
    old.sequence.release();
    assertEquals("9:9", step(), "preempted tokens are computed again");
  }

  @Test
  void idleSequencesLoseTheirCacheBeforeAnyoneIsPreempted() {
    create(4, 100, 10);
    CachedSequence older = new ScriptedJob(cache.newSequence(), 4).sequence;
    older.reserve(4);
    older.advance(4);
    CachedSequence newer = new ScriptedJob(cache.newSequence(), 4).sequence;
    newer.reserve(4);
    newer.advance(4);
    add(12);
    assertEquals("12:12", step());
    assertEquals(0, older.computed());
    assertEquals(4, newer.computed());
    assertEquals("13:1", step());
    assertEquals(0, newer.computed());
  }

  @Test
  void jobLargerThanThePoolFailsAndOthersGoOn() {
    create(2, 100, 10);
    ScriptedJob large = add(9);
    ScriptedJob small = add(3);
    assertEquals("3:3", step());
    assertNotNull(large.failure);
    assertTrue(large.failure.getMessage().contains("9 tokens"), large.failure.getMessage());
    assertTrue(large.failure.getMessage().contains("8 tokens"), large.failure.getMessage());
    assertNull(small.failure);
  }

  @Test
  void pausedJobThatHoldsThePagesGivesWay() {
    create(2, 100, 10);
    ScriptedJob paused = add(7);
    step();
    paused.ready = false;
    ScriptedJob other = add(8);
    assertEquals("8:8", step());
    paused.ready = true;
    assertNull(other.failure);
    scheduler.remove(other);
    other.sequence.release();
    assertEquals("8:8", step());
  }

  @Test
  void jobsTakeTurnsOverTheStateSlots() {
    create(100, 1, 100, 10);
    ScriptedJob first = add(5);
    add(7);
    assertEquals("5:5", step());
    assertEquals("6:1", step());
    scheduler.remove(first);
    first.sequence.release();
    assertEquals("7:7", step());
  }

  @Test
  void directStepsNameTheSequenceThatDoesNotFit() {
    create(2, 100, 10);
    CachedSequence first = new ScriptedJob(cache.newSequence(), 4).sequence;
    CachedSequence second = new ScriptedJob(cache.newSequence(), 5).sequence;
    List<CachedSequence> both = List.of(first, second);
    StepPlan plan = scheduler.plan(both);
    for (int i = 0; i < plan.size(); i++) {
      plan.sequence(i).advance(plan.count(i));
    }
    LevinException error = assertThrows(LevinException.class, () -> scheduler.plan(both));
    assertTrue(error.getMessage().startsWith("out of KV pages: a sequence of 5 tokens with 1"));
  }

  @Test
  void everyJobFinishesWhateverThePressure() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int pages = 2 + random.nextInt(6);
      int slots = random.nextInt(4);
      create(pages, slots, 1 + random.nextInt(12), 1 + random.nextInt(4));
      int capacity = (int) cache.layout().capacityTokens();
      List<ScriptedJob> jobs = new ArrayList<>();
      List<Integer> goals = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int prompt = 1 + random.nextInt(capacity - 1);
        jobs.add(add(prompt));
        goals.add(prompt + random.nextInt(capacity - prompt + 1));
      }
      int steps = 0;
      while (!jobs.isEmpty()) {
        assertTrue(steps++ < 5000, "no progress with seed " + seed);
        jobs.forEach(job -> job.ready = random.nextInt(5) > 0);
        jobs.get(random.nextInt(jobs.size())).ready = true;
        assertTrue(!step().isEmpty(), "empty step with seed " + seed);
        for (int i = jobs.size() - 1; i >= 0; i--) {
          assertNull(jobs.get(i).failure, "seed " + seed);
          if (jobs.get(i).sequence.computed() >= goals.get(i)) {
            scheduler.remove(jobs.get(i));
            jobs.remove(i).sequence.release();
            goals.remove(i);
          }
        }
      }
      assertEquals(pages, cache.freePages(), "seed " + seed);
      assertEquals(slots, cache.freeStateSlots(), "seed " + seed);
    }
  }
}
