package dev.levin.models.config;

import dev.levin.core.op.Activation;
import dev.levin.core.op.Scoring;

/** What a layer does to each token by itself after mixing. */
public sealed interface Feedforward {
  record None() implements Feedforward {}

  /**
   * A gated MLP.
   *
   * @param subNorm norm before the down projection (BitNet)
   */
  record Dense(int intermediateSize, Activation activation, boolean subNorm)
      implements Feedforward {}

  /**
   * A mixture of gated MLPs.
   *
   * @param groups expert groups of group-limited routing, 1 for none
   * @param scale factor on the routing weights
   * @param sharedIntermediateSize width of the experts every token takes, 0 for none
   */
  record Experts(
      int numExperts,
      int expertsPerToken,
      int intermediateSize,
      Activation activation,
      Scoring scoring,
      boolean normalise,
      int groups,
      int topGroups,
      float scale,
      int sharedIntermediateSize)
      implements Feedforward {}
}
