package dev.levin.measure.model;

import dev.levin.formats.ModelSource;

/**
 * A model to measure, opened when its turn comes.
 *
 * @param label what tables call it
 */
public record ModelChoice(String label, Opener opener) {
  /** Opens the files; the caller closes them. */
  @FunctionalInterface
  public interface Opener {
    ModelSource open();
  }
}
