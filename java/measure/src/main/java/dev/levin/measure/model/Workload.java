package dev.levin.measure.model;

/**
 * What is timed: a prompt, tokens one after another, or the one and then the other.
 *
 * @param promptTokens read in as few steps as allowed
 * @param generatedTokens one a step
 */
public record Workload(int promptTokens, int generatedTokens) {
  public Workload {
    if (promptTokens < 0 || generatedTokens < 0 || promptTokens + generatedTokens < 1) {
      throw new IllegalArgumentException(
          "a test of %d prompt and %d generated tokens".formatted(promptTokens, generatedTokens));
    }
  }

  /** For example {@code pp512}, {@code tg128} or {@code pp512+tg128}. */
  public String label() {
    if (generatedTokens == 0) {
      return "pp" + promptTokens;
    }
    return promptTokens == 0
        ? "tg" + generatedTokens
        : "pp" + promptTokens + "+tg" + generatedTokens;
  }

  public int tokens() {
    return promptTokens + generatedTokens;
  }
}
