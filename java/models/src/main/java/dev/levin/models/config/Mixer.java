package dev.levin.models.config;

/** What mixes information between the tokens of a layer. */
public sealed interface Mixer {
  /** A layer that adds no rotation to queries and keys. */
  int NO_ROPE = -1;

  /** Where queries and keys are normalised before the rotation. */
  enum QkNorm {
    NONE,
    /** Each head by itself (Qwen3, Gemma 3). */
    HEAD,
    /** The whole projection at once (OLMo 2). */
    FULL
  }

  /**
   * Grouped-query attention.
   *
   * @param rope index into the decoder's ropes, or {@link #NO_ROPE}
   * @param window keys visible, 0 for all
   * @param softCap 0 for none
   * @param smScale factor on scores
   * @param sinks one learnt logit a head joins the softmax denominator
   * @param subNorm norm before the output projection (BitNet)
   */
  record SelfAttention(
      int numHeads,
      int numKvHeads,
      int headDim,
      int valueDim,
      int rope,
      int window,
      float softCap,
      float smScale,
      QkNorm qkNorm,
      boolean sinks,
      boolean subNorm)
      implements Mixer {}

  /**
   * Multi-head latent attention (DeepSeek-V2), computed on the compressed latent: keys and values
   * of all heads are one vector of kvLoraRank + ropeDim a token.
   *
   * @param qLoraRank 0 when queries are projected directly
   */
  record LatentAttention(
      int numHeads,
      int qLoraRank,
      int kvLoraRank,
      int nopeDim,
      int ropeDim,
      int valueDim,
      int rope,
      float smScale)
      implements Mixer {}

  /**
   * A Mamba-2 state-space layer.
   *
   * @param convWidth taps of the causal convolution
   * @param normGroups groups of the gated norm before the output projection
   */
  record StateSpace(
      int numHeads,
      int headDim,
      int stateSize,
      int numGroups,
      int convWidth,
      int normGroups,
      float dtMin,
      float dtMax)
      implements Mixer {
    public int innerSize() {
      return numHeads * headDim;
    }

    /** Channels of the convolution: x, B and C side by side. */
    public int convChannels() {
      return innerSize() + 2 * numGroups * stateSize;
    }
  }
}
