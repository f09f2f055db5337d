package dev.levin.models.weights;

import dev.levin.core.Tensor;

/** The weights of one layer, in the order and form the forward pass uses them. */
public record LayerWeights(
    Tensor mixerNorm,
    Tensor postMixerNorm,
    MixerWeights mixer,
    Tensor feedforwardNorm,
    Tensor postFeedforwardNorm,
    FeedforwardWeights feedforward) {

  /** Weights of a mixer; null where the configuration has no such part. */
  public sealed interface MixerWeights {}

  public record SelfAttentionWeights(
      Projection query,
      Projection key,
      Projection value,
      Tensor queryNorm,
      Tensor keyNorm,
      Tensor sinks,
      Tensor subNorm,
      Projection output)
      implements MixerWeights {}

  /**
   * Latent attention with the up-projections split per head.
   *
   * @param queryA [q_lora, C], null when queries are projected directly
   * @param queryNope [H, Dn, K] with K = q_lora or C
   * @param queryRope [H, Dr, K]
   * @param keyUp [H, R, Dn], transposed so that it folds into the query
   * @param valueUp [H, Dv, R]
   */
  public record LatentAttentionWeights(
      Projection queryA,
      Tensor queryANorm,
      Tensor queryNope,
      Tensor queryRope,
      Projection keyValueA,
      Tensor keyValueANorm,
      Tensor keyUp,
      Tensor valueUp,
      Projection output)
      implements MixerWeights {}

  public record StateSpaceWeights(
      Projection in,
      Tensor conv,
      Tensor convBias,
      Tensor dtBias,
      Tensor a,
      Tensor skip,
      Tensor norm,
      Projection out)
      implements MixerWeights {}

  /** Weights of a feed-forward part. */
  public sealed interface FeedforwardWeights {}

  public record NoWeights() implements FeedforwardWeights {}

  public record DenseWeights(Projection gate, Projection up, Tensor subNorm, Projection down)
      implements FeedforwardWeights {}

  /**
   * @param gate [E, F, C]
   * @param up [E, F, C]
   * @param down [E, C, F]
   * @param shared the experts every token takes, or null
   */
  public record ExpertWeights(
      Projection router,
      Tensor selectionBias,
      Projection gate,
      Projection up,
      Projection down,
      DenseWeights shared)
      implements FeedforwardWeights {}
}
