package dev.levin.engine;

import dev.levin.core.LevinException;
import dev.levin.engine.kvcache.CachedSequence;

/**
 * A list of tokens that an {@link Engine} keeps cached: append, compute, fork, roll back. Safe to
 * use from any thread; calls of one sequence wait for each other and for running steps.
 */
public final class Sequence implements AutoCloseable {
  private final Engine engine;
  private final CachedSequence cached;
  private float[] logits;
  private boolean logitsCurrent;

  Sequence(Engine engine, CachedSequence cached) {
    this.engine = engine;
    this.cached = cached;
  }

  /** Number of tokens. */
  public int length() {
    return engine.locked(cached::length);
  }

  /** Tokens from the front that need not be computed again. */
  public int cachedLength() {
    return engine.locked(cached::computed);
  }

  public int[] tokens() {
    return engine.locked(cached::tokens);
  }

  /**
   * Adds tokens; they are computed with the next step.
   *
   * @throws LevinException when they exceed the context; nothing is added then
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public void append(int... tokens) {
    engine.locked(
        () -> {
          engine.requireTokens(tokens);
          engine.requireContext(Math.addExact(cached.length(), tokens.length));
          for (int token : tokens) {
            cached.append(token);
          }
          logitsCurrent &= tokens.length == 0;
          return null;
        });
  }

  /** A sequence of the same tokens that shares their cache; the caller closes it. */
  public Sequence fork() {
    return engine.locked(
        () -> {
          Sequence fork = new Sequence(engine, cached.fork());
          if (logitsCurrent) {
            fork.logits = logits.clone();
            fork.logitsCurrent = true;
          }
          return fork;
        });
  }

  /** Takes back the last {@code count} tokens. */
  public void rollback(int count) {
    engine.locked(
        () -> {
          if (count < 0 || count > cached.length()) {
            throw new IllegalArgumentException(
                "cannot take back %d tokens of %d".formatted(count, cached.length()));
          }
          cached.truncate(cached.length() - count);
          logitsCurrent &= count == 0;
          return null;
        });
  }

  /** Gives the cache back. Closing again, or after the engine, does nothing. */
  @Override
  public void close() {
    engine.lock().lock();
    try {
      cached.release();
      logits = null;
      logitsCurrent = false;
    } finally {
      engine.lock().unlock();
    }
  }

  Engine engine() {
    return engine;
  }

  CachedSequence cached() {
    return cached;
  }

  /** Makes sure that a step will compute the last token unless its logits are at hand. */
  void prepareForLogits() {
    if (cached.length() == 0) {
      throw new IllegalArgumentException("the sequence has no tokens");
    }
    if (!logitsCurrent) {
      reopenLastToken();
    }
  }

  /** Lets the last token be computed once more when nothing is pending. */
  void reopenLastToken() {
    if (cached.pending() == 0) {
      int last = cached.token(cached.length() - 1);
      cached.truncate(cached.length() - 1);
      cached.append(last);
    }
  }

  float[] logitsToFill() {
    if (logits == null) {
      logits = new float[engine.vocabSize()];
    }
    logitsCurrent = true;
    return logits;
  }

  float[] currentLogits() {
    return logits;
  }
}
