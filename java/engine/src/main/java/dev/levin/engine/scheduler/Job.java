package dev.levin.engine.scheduler;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CachedSequence;

/** A request that asks for steps until it is removed. */
public interface Job {
  CachedSequence sequence();

  /** False while the job needs no step, for example because nobody has read its output yet. */
  boolean isReady();

  /** Called once when the job can never run; the scheduler has removed it. */
  void fail(LevinException reason);
}
