package dev.levin.bench;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CacheCopier;
import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.engine.kvcache.KvCache;
import dev.levin.engine.kvcache.KvLayout;
import dev.levin.engine.scheduler.Job;
import dev.levin.engine.scheduler.Scheduler;
import dev.levin.engine.scheduler.StepPlan;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** One decode step of the scheduler's book-keeping, with no model behind it. */
public class SchedulerBenchmark extends MicroBenchmark {
  private static final int PAGE_SIZE = 16;
  private static final int SHORTEST = 100;
  private static final int LONGEST = 1000;

  @Param({"1", "32", "256"})
  public int sequences;

  private record Decoding(CachedSequence sequence) implements Job {
    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void fail(LevinException reason) {
      throw reason;
    }
  }

  private static final CacheCopier NO_DEVICE =
      new CacheCopier() {
        @Override
        public void copyPage(int from, int to) {}

        @Override
        public void copyState(int fromSlot, int toSlot) {}
      };

  private Scheduler scheduler;

  /** Brings all sequences past their prompts. */
  @Setup(Level.Trial)
  public void prepare() {
    int pages = sequences * Math.ceilDiv(LONGEST + 1, PAGE_SIZE);
    KvCache cache = new KvCache(new KvLayout(PAGE_SIZE, pages, 0), NO_DEVICE);
    scheduler = new Scheduler(cache, sequences, sequences);
    for (int i = 0; i < sequences; i++) {
      CachedSequence sequence = cache.newSequence();
      for (int t = 0; t < SHORTEST; t++) {
        sequence.append(t);
      }
      sequence.reserve(SHORTEST - 1);
      sequence.advance(SHORTEST - 1);
      scheduler.add(new Decoding(sequence));
    }
  }

  /** Plans a step and gives every sequence the token it would have got; long ones start over. */
  @Benchmark
  public int step() {
    StepPlan plan = scheduler.plan();
    for (int i = 0; i < plan.size(); i++) {
      CachedSequence sequence = plan.sequence(i);
      sequence.advance(plan.count(i));
      if (sequence.length() == LONGEST) {
        sequence.truncate(SHORTEST);
      }
      sequence.append(i);
    }
    return plan.size();
  }
}
