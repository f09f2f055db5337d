package dev.levin.engine;

import dev.levin.engine.scheduler.Job;
import dev.levin.models.Batch;

/**
 * A job that takes what follows its sequence's last token: the logits, or a token chosen already.
 */
interface LogitsJob extends Job {
  /**
   * Says how the device is to choose the token of the row that was added last.
   *
   * @return false when the job needs the logits
   */
  boolean choose(Batch batch);

  /**
   * Called by the step, under the engine's lock, when nothing of the sequence is pending.
   *
   * @param logits [V], valid during the call
   */
  void accept(float[] logits);

  /** The same with the token that {@link #choose} asked for. */
  void accept(int token);
}
