package dev.levin.engine;

/** Follows the loading of a model. */
@FunctionalInterface
public interface LoadListener {
  /**
   * Called on the loading thread.
   *
   * @param fraction of the weights' bytes made ready, from 0 to 1, never decreasing
   */
  void progress(double fraction);
}
