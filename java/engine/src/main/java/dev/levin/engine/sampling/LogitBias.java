package dev.levin.engine.sampling;

import java.util.Map;

/** Adds to the logits of given tokens. Must run while candidates are in the order of their ids. */
final class LogitBias implements Sampler {
  private final int[] tokens;
  private final float[] biases;

  LogitBias(int vocabSize, Map<Integer, Float> bias) {
    tokens = bias.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    biases = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabSize) {
        throw new IllegalArgumentException(
            "logitBias names token %d of a vocabulary of %d".formatted(tokens[i], vocabSize));
      }
      biases[i] = bias.get(tokens[i]);
    }
  }

  @Override
  public void apply(Candidates candidates) {
    for (int i = 0; i < tokens.length; i++) {
      candidates.setLogit(tokens[i], candidates.logit(tokens[i]) + biases[i]);
    }
  }
}
