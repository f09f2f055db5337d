package dev.levin.measure.model;

import dev.levin.core.DType;

/**
 * One test of a model on an open backend.
 *
 * @param depth tokens in the cache before the clock starts
 */
public record BenchCase(DType kvDtype, int maxTokensPerStep, int depth, Workload workload) {

  /** For example {@code tg128 @ d4096}. */
  public String label() {
    return workload.label() + (depth == 0 ? "" : " @ d" + depth);
  }
}
