package dev.levin.engine.scheduler;

import dev.levin.engine.kvcache.CachedSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Who runs in a step and with how many pending tokens each. Reusable. */
public final class StepPlan {
  private final List<CachedSequence> sequences = new ArrayList<>();
  private final List<Job> jobs = new ArrayList<>();
  private int[] counts = new int[8];
  private int numTokens;

  void clear() {
    sequences.clear();
    jobs.clear();
    numTokens = 0;
  }

  /**
   * @param job whose tokens they are, or null
   */
  void add(CachedSequence sequence, Job job, int count) {
    if (sequences.size() == counts.length) {
      counts = Arrays.copyOf(counts, 2 * counts.length);
    }
    counts[sequences.size()] = count;
    sequences.add(sequence);
    jobs.add(job);
    numTokens += count;
  }

  public int size() {
    return sequences.size();
  }

  public boolean isEmpty() {
    return sequences.isEmpty();
  }

  public CachedSequence sequence(int index) {
    return sequences.get(index);
  }

  /** The job of an entry; null for sequences that were asked for directly. */
  public Job job(int index) {
    return jobs.get(index);
  }

  /** Tokens of an entry in this step: the first so many of its pending ones. */
  public int count(int index) {
    return counts[index];
  }

  /** Tokens of the whole step. */
  public int numTokens() {
    return numTokens;
  }

  boolean contains(Job job) {
    return jobs.contains(job);
  }
}
