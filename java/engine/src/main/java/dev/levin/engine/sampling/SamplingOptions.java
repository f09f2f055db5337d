package dev.levin.engine.sampling;

import java.util.Map;
import java.util.OptionalLong;

/**
 * How the next token is drawn. The steps apply in this order: logit bias, penalties, top-k, top-p,
 * min-p, temperature, draw. The default is greedy: the most likely token, no penalties.
 *
 * @param temperature divides the logits; 0 takes the most likely token, the lowest id among equals
 * @param topK keeps the k most likely tokens; 0 for all
 * @param topP keeps the fewest most likely tokens whose probabilities sum to at least p; 1 for all
 * @param minP keeps tokens at least p times as likely as the most likely one; 0 for all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen; 1 for
 *     none
 * @param presencePenalty taken once from the logit of a token seen
 * @param frequencyPenalty taken from the logit for every time the token was seen
 * @param penaltyLastN how many of the last tokens, the prompt's included, count as seen; -1 for all
 * @param logitBias added to the logits of these token ids; negative infinity bans a token
 * @param seed same seed, same options and same prompt give the same text; empty for a random one
 */
public record SamplingOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    int penaltyLastN,
    Map<Integer, Float> logitBias,
    OptionalLong seed) {
  private static final SamplingOptions GREEDY = builder().build();

  public SamplingOptions {
    require(
        temperature >= 0 && Float.isFinite(temperature), "temperature", temperature, "0 or more");
    require(topK >= 0, "topK", topK, "0 or more");
    require(topP > 0 && topP <= 1, "topP", topP, "above 0 and at most 1");
    require(minP >= 0 && minP <= 1, "minP", minP, "from 0 to 1");
    require(
        repetitionPenalty > 0 && Float.isFinite(repetitionPenalty),
        "repetitionPenalty",
        repetitionPenalty,
        "above 0");
    require(Float.isFinite(presencePenalty), "presencePenalty", presencePenalty, "finite");
    require(Float.isFinite(frequencyPenalty), "frequencyPenalty", frequencyPenalty, "finite");
    require(penaltyLastN >= -1, "penaltyLastN", penaltyLastN, "-1 or more");
    logitBias = Map.copyOf(logitBias);
    for (Map.Entry<Integer, Float> entry : logitBias.entrySet()) {
      float bias = entry.getValue();
      require(bias < Float.POSITIVE_INFINITY, "logitBias of " + entry.getKey(), bias, "finite");
    }
  }

  /** The most likely token every time. */
  public static SamplingOptions greedy() {
    return GREEDY;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from these options. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.temperature = temperature;
    builder.topK = topK;
    builder.topP = topP;
    builder.minP = minP;
    builder.repetitionPenalty = repetitionPenalty;
    builder.presencePenalty = presencePenalty;
    builder.frequencyPenalty = frequencyPenalty;
    builder.penaltyLastN = penaltyLastN;
    builder.logitBias = logitBias;
    builder.seed = seed;
    return builder;
  }

  boolean isGreedy() {
    return temperature == 0;
  }

  boolean hasPenalties() {
    return penaltyLastN != 0
        && (repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0);
  }

  private static void require(boolean condition, String name, Object value, String expected) {
    if (!condition) {
      throw new IllegalArgumentException(name + " is " + value + ", expected " + expected);
    }
  }

  /** Collects options; every one has the neutral value at first. */
  public static final class Builder {
    private float temperature;
    private int topK;
    private float topP = 1;
    private float minP;
    private float repetitionPenalty = 1;
    private float presencePenalty;
    private float frequencyPenalty;
    private int penaltyLastN = -1;
    private Map<Integer, Float> logitBias = Map.of();
    private OptionalLong seed = OptionalLong.empty();

    private Builder() {}

    public Builder temperature(double value) {
      temperature = (float) value;
      return this;
    }

    public Builder topK(int value) {
      topK = value;
      return this;
    }

    public Builder topP(double value) {
      topP = (float) value;
      return this;
    }

    public Builder minP(double value) {
      minP = (float) value;
      return this;
    }

    public Builder repetitionPenalty(double value) {
      repetitionPenalty = (float) value;
      return this;
    }

    public Builder presencePenalty(double value) {
      presencePenalty = (float) value;
      return this;
    }

    public Builder frequencyPenalty(double value) {
      frequencyPenalty = (float) value;
      return this;
    }

    public Builder penaltyLastN(int value) {
      penaltyLastN = value;
      return this;
    }

    public Builder logitBias(Map<Integer, Float> value) {
      logitBias = value;
      return this;
    }

    public Builder seed(long value) {
      seed = OptionalLong.of(value);
      return this;
    }

    public SamplingOptions build() {
      return new SamplingOptions(
          temperature,
          topK,
          topP,
          minP,
          repetitionPenalty,
          presencePenalty,
          frequencyPenalty,
          penaltyLastN,
          logitBias,
          seed);
    }
  }
}
