package dev.levin.engine.scheduler;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CachedSequence;
import dev.levin.engine.kvcache.KvCache;
import dev.levin.engine.kvcache.KvLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Continuous batching: every step runs one token of each decoding job, then chunks of prompts while
 * the token budget lasts, first come first served.
 *
 * <p>When pages or state slots run out, sequences outside the step lose their cache first, least
 * recently used first; then the youngest running job is preempted and waits to be computed again.
 * The oldest job is never preempted for a younger one, so there is always progress. A job that the
 * whole pool could not hold fails. Not thread-safe.
 */
public final class Scheduler {
  private final KvCache cache;
  private final int maxTokensPerStep;
  private final int maxSequences;

  /** Jobs with a place in the step, oldest first. */
  private final List<Job> running = new ArrayList<>();

  /** Jobs that wait for pages, oldest first; all are younger than the running ones. */
  private final Deque<Job> waiting = new ArrayDeque<>();

  private final List<CachedSequence> claimed = new ArrayList<>();
  private final StepPlan plan = new StepPlan();

  /**
   * @param maxTokensPerStep tokens of all sequences in a step; longer prompts run in chunks
   * @param maxSequences sequences in a step
   */
  public Scheduler(KvCache cache, int maxTokensPerStep, int maxSequences) {
    if (maxTokensPerStep < 1 || maxSequences < 1) {
      throw new IllegalArgumentException(
          "maxTokensPerStep is %d, maxSequences is %d".formatted(maxTokensPerStep, maxSequences));
    }
    this.cache = cache;
    this.maxTokensPerStep = maxTokensPerStep;
    this.maxSequences = maxSequences;
  }

  public void add(Job job) {
    waiting.addLast(job);
  }

  /** Forgets a job; its sequence keeps what it has cached. */
  public void remove(Job job) {
    if (!running.remove(job)) {
      waiting.remove(job);
    }
  }

  public int numRunning() {
    return running.size();
  }

  public int numWaiting() {
    return waiting.size();
  }

  /**
   * Chooses the next step of the jobs and reserves its pages. Empty when no job is ready. The plan
   * is valid until the next call.
   */
  public StepPlan plan() {
    plan.clear();
    failImpossible();
    claim();
    placeRunning(true);
    placeRunning(false);
    admit();
    if (plan.isEmpty()) {
      forceOldest();
    }
    claimed.clear();
    return plan;
  }

  /**
   * Plans a step of exactly these sequences, chunked when their pending tokens exceed the budget;
   * sequences without pending tokens are left out.
   *
   * @throws LevinException when the pool cannot hold them together
   */
  public StepPlan plan(List<CachedSequence> sequences) {
    plan.clear();
    claimed.addAll(sequences);
    try {
      for (CachedSequence sequence : sequences) {
        int wanted = Math.min(sequence.pending(), maxTokensPerStep - plan.numTokens());
        if (wanted > 0) {
          int granted = grant(sequence, wanted);
          if (granted == 0 && plan.isEmpty()) {
            throw outOfPages(sequence, sequences.size());
          }
          place(sequence, null, granted);
        }
      }
      return plan;
    } finally {
      claimed.clear();
    }
  }

  /**
   * Plans a step of at least one and at most {@code wanted} pending tokens of one sequence.
   *
   * @throws LevinException when the pool cannot hold the sequence
   */
  public StepPlan plan(CachedSequence sequence, int wanted) {
    plan.clear();
    claimed.add(sequence);
    try {
      int granted = grant(sequence, Math.min(wanted, maxTokensPerStep));
      if (granted == 0) {
        throw outOfPages(sequence, 1);
      }
      place(sequence, null, granted);
      return plan;
    } finally {
      claimed.clear();
    }
  }

  private void failImpossible() {
    failImpossible(running.iterator());
    failImpossible(waiting.iterator());
  }

  private void failImpossible(Iterator<Job> jobs) {
    KvLayout layout = cache.layout();
    while (jobs.hasNext()) {
      Job job = jobs.next();
      if (layout.pagesFor(job.sequence().length()) > layout.numPages()) {
        jobs.remove();
        job.fail(outOfPages(job.sequence(), 1));
      }
    }
  }

  /** Protects the sequences of running jobs that want this step from losing their cache. */
  private void claim() {
    for (Job job : running) {
      if (job.isReady()) {
        claimed.add(job.sequence());
      }
    }
  }

  private void placeRunning(boolean decoding) {
    for (int i = 0; i < running.size(); i++) {
      Job job = running.get(i);
      CachedSequence sequence = job.sequence();
      int wanted = Math.min(sequence.pending(), maxTokensPerStep - plan.numTokens());
      if (!job.isReady() || (sequence.pending() == 1) != decoding || wanted < 1 || isFull()) {
        continue;
      }
      int granted = grant(sequence, wanted);
      while (granted == 0 && preemptYoungerThan(i)) {
        granted = grant(sequence, wanted);
      }
      if (granted > 0) {
        place(sequence, job, granted);
      } else if (decoding && running.size() > 1) {
        preempt(i--);
      }
    }
  }

  /** Starts waiting jobs whose whole pending part has room, so that they need not stop again. */
  private void admit() {
    Iterator<Job> jobs = waiting.iterator();
    while (jobs.hasNext() && plan.numTokens() < maxTokensPerStep && !isFull()) {
      Job job = jobs.next();
      if (!job.isReady()) {
        continue;
      }
      CachedSequence sequence = job.sequence();
      claimed.add(sequence);
      int pending = sequence.pending();
      while (sequence.fitting(pending) < pending && evictIdle()) {}
      if (sequence.fitting(pending) < pending) {
        claimed.removeLast();
        return;
      }
      jobs.remove();
      running.add(job);
      int count = Math.min(pending, maxTokensPerStep - plan.numTokens());
      sequence.reserve(count);
      place(sequence, job, count);
    }
  }

  /** Gives the oldest ready job everything it needs; nothing else could run. */
  private void forceOldest() {
    Job oldest = oldestReady();
    if (oldest == null) {
      return;
    }
    CachedSequence sequence = oldest.sequence();
    claimed.clear();
    claimed.add(sequence);
    if (waiting.remove(oldest)) {
      running.add(oldest);
    }
    int granted = grant(sequence, Math.min(sequence.pending(), maxTokensPerStep));
    if (granted == 0) {
      throw new IllegalStateException("no pages for the only sequence of " + sequence.length());
    }
    place(sequence, oldest, granted);
  }

  private Job oldestReady() {
    for (Job job : running) {
      if (job.isReady()) {
        return job;
      }
    }
    for (Job job : waiting) {
      if (job.isReady()) {
        return job;
      }
    }
    return null;
  }

  /** Reserves up to {@code wanted} tokens, at the cost of idle sequences only; 0 when none fit. */
  private int grant(CachedSequence sequence, int wanted) {
    int fitting = sequence.fitting(wanted);
    while (fitting < wanted && evictIdle()) {
      fitting = sequence.fitting(wanted);
    }
    if (fitting > 0) {
      sequence.reserve(fitting);
    }
    return fitting;
  }

  private void place(CachedSequence sequence, Job job, int count) {
    if (count > 0) {
      plan.add(sequence, job, count);
    }
  }

  private boolean isFull() {
    return plan.size() >= maxSequences;
  }

  /** Empties the least recently used sequence that has no part in this step. */
  private boolean evictIdle() {
    CachedSequence victim = null;
    for (CachedSequence candidate : cache.sequences()) {
      if (candidate.holdsCache()
          && !claimed.contains(candidate)
          && (victim == null || candidate.lastUsed() < victim.lastUsed())) {
        victim = candidate;
      }
    }
    if (victim != null) {
      victim.evict();
    }
    return victim != null;
  }

  private boolean preemptYoungerThan(int index) {
    for (int i = running.size() - 1; i > index; i--) {
      Job job = running.get(i);
      if (job.sequence().holdsCache() && !plan.contains(job)) {
        preempt(i);
        return true;
      }
    }
    return false;
  }

  private void preempt(int index) {
    Job job = running.remove(index);
    job.sequence().evict();
    claimed.remove(job.sequence());
    waiting.addFirst(job);
  }

  private LevinException outOfPages(CachedSequence sequence, int company) {
    KvLayout layout = cache.layout();
    return new LevinException(
        "out of KV pages: a sequence of %d tokens%s does not fit the cache of %d tokens (%d pages of %d); load with a larger cache, a smaller kvDtype or fewer sequences"
            .formatted(
                sequence.length(),
                company > 1 ? " with " + (company - 1) + " others" : "",
                layout.capacityTokens(),
                layout.numPages(),
                layout.pageSize()));
  }
}
