package dev.levin.measure.perplexity;

/**
 * What reading a text came to.
 *
 * @param tokens of the text
 * @param chunks that were read
 * @param predictions that counted
 * @param perplexity exponential of the mean loss
 * @param standardError of the perplexity
 * @param divergence from the base model, or null without one
 */
public record PerplexityResult(
    int tokens,
    int chunks,
    long predictions,
    double perplexity,
    double standardError,
    Divergence divergence) {

  /**
   * How far the predictions are from the base model's.
   *
   * @param basePerplexity of the base model on the same predictions
   * @param mean Kullback-Leibler divergence a token, in nats
   * @param standardError of the mean
   * @param most of one token
   * @param sameBest share of predictions whose likeliest token is the same
   */
  public record Divergence(
      double basePerplexity, double mean, double standardError, double most, double sameBest) {}
}
