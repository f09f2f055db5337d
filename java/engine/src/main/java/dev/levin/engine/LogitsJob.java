package dev.levin.engine;

import dev.levin.engine.scheduler.Job;

/** A job that takes the logits after its sequence's last token. */
interface LogitsJob extends Job {
  /**
   * Called by the step, under the engine's lock, when nothing of the sequence is pending.
   *
   * @param logits [V], valid during the call
   */
  void accept(float[] logits);
}
