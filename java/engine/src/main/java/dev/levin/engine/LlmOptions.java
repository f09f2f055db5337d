package dev.levin.engine;

import dev.levin.core.DType;
import dev.levin.core.op.Op;
import dev.levin.models.DecoderOptions;

/**
 * How a model is loaded.
 *
 * @param backend a backend's name or {@code auto}; null for what {@code -Dlevin.backend} and {@code
 *     LEVIN_BACKEND} say
 * @param contextLength longest sequence in tokens; 0 for the model's own limit
 * @param kvDtype element type of cached keys and values
 * @param activations element type of what layers hand on, F32, F16 or BF16, if the backend has it;
 *     null for what {@code -Dlevin.activations} says, F32 when it says nothing
 * @param cacheTokens tokens the KV cache holds for all sequences together; 0 for contextLength *
 *     maxSequences, but no more than a GPU has left, or half of the host's memory
 * @param maxSequences requests that run in one step
 * @param maxTokensPerStep tokens of all requests in one step; longer prompts run in chunks
 * @param slidingContext when a text fills the context, drop the older half instead of stopping
 * @param keepTokens first tokens of a sequence that sliding never drops
 * @param progress follows the loading
 */
public record LlmOptions(
    String backend,
    int contextLength,
    DType kvDtype,
    DType activations,
    long cacheTokens,
    int maxSequences,
    int maxTokensPerStep,
    boolean slidingContext,
    int keepTokens,
    LoadListener progress) {
  private static final LlmOptions DEFAULTS = builder().build();

  public LlmOptions {
    require(contextLength >= 0, "contextLength", contextLength, "0 or more");
    require(kvDtype != null, "kvDtype", null, "a type");
    require(
        activations == null || Op.ACTIVATION_TYPES.contains(activations),
        "activations",
        activations,
        "F32, F16 or BF16");
    require(cacheTokens >= 0, "cacheTokens", cacheTokens, "0 or more");
    require(maxSequences >= 1, "maxSequences", maxSequences, "1 or more");
    require(maxTokensPerStep >= 1, "maxTokensPerStep", maxTokensPerStep, "1 or more");
    require(keepTokens >= 0, "keepTokens", keepTokens, "0 or more");
    require(progress != null, "progress", null, "a listener");
  }

  public static LlmOptions defaults() {
    return DEFAULTS;
  }

  /** The activations asked for, or configured. */
  public DType activationType() {
    return activations == null ? DecoderOptions.configuredActivations() : activations;
  }

  public static Builder builder() {
    return new Builder();
  }

  private static void require(boolean condition, String name, Object value, String expected) {
    if (!condition) {
      throw new IllegalArgumentException(name + " is " + value + ", expected " + expected);
    }
  }

  /** Collects options. */
  public static final class Builder {
    private String backend;
    private int contextLength;
    private DType kvDtype = DType.F32;
    private DType activations;
    private long cacheTokens;
    private int maxSequences = 4;
    private int maxTokensPerStep = 512;
    private boolean slidingContext;
    private int keepTokens = 4;
    private LoadListener progress = fraction -> {};

    private Builder() {}

    public Builder backend(String value) {
      backend = value;
      return this;
    }

    public Builder contextLength(int value) {
      contextLength = value;
      return this;
    }

    public Builder kvDtype(DType value) {
      kvDtype = value;
      return this;
    }

    public Builder activations(DType value) {
      activations = value;
      return this;
    }

    public Builder cacheTokens(long value) {
      cacheTokens = value;
      return this;
    }

    public Builder maxSequences(int value) {
      maxSequences = value;
      return this;
    }

    public Builder maxTokensPerStep(int value) {
      maxTokensPerStep = value;
      return this;
    }

    public Builder slidingContext(boolean value) {
      slidingContext = value;
      return this;
    }

    public Builder keepTokens(int value) {
      keepTokens = value;
      return this;
    }

    public Builder progress(LoadListener value) {
      progress = value;
      return this;
    }

    public LlmOptions build() {
      return new LlmOptions(
          backend,
          contextLength,
          kvDtype,
          activations,
          cacheTokens,
          maxSequences,
          maxTokensPerStep,
          slidingContext,
          keepTokens,
          progress);
    }
  }
}
