package dev.levin.engine;

/**
 * What a generation took. Times are those of the clock on the wall, waiting for other requests
 * included.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens of those, how many an earlier turn had left in the cache
 * @param generatedTokens tokens generated, the end token not counted
 * @param promptSeconds until the prompt was computed
 * @param generationSeconds from the first token to the last
 * @param timeToFirstTokenSeconds until the first token was chosen
 * @param finishReason null while the generation runs
 */
public record GenerationStats(
    int promptTokens,
    int cachedTokens,
    int generatedTokens,
    double promptSeconds,
    double generationSeconds,
    double timeToFirstTokenSeconds,
    FinishReason finishReason) {

  /** Speed of computing the part of the prompt that was not cached; 0 when there is none. */
  public double promptTokensPerSecond() {
    return promptSeconds > 0 ? (promptTokens - cachedTokens) / promptSeconds : 0;
  }

  /** Speed after the first token; 0 for fewer than two tokens. */
  public double generationTokensPerSecond() {
    return generatedTokens > 1 && generationSeconds > 0
        ? (generatedTokens - 1) / generationSeconds
        : 0;
  }
}
