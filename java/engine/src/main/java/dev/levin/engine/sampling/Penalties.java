package dev.levin.engine.sampling;

/**
 * Lowers the logits of tokens among the last N: the repetition penalty of CTRL (Keskar et al. 2019)
 * as Hugging Face defines it, then presence and frequency penalties. Must run while candidates are
 * still in the order of their ids.
 */
final class Penalties implements Sampler {
  private final SamplingOptions options;

  /** Ring of the last tokens; empty when all tokens count. */
  private final int[] window;

  private int windowSize;
  private int next;

  /** [V] how often a token is in the window. */
  private final int[] counts;

  /** [V] position of a token in {@link #seen}. */
  private final int[] places;

  /** Distinct tokens of the window. */
  private final int[] seen;

  private int numSeen;

  Penalties(int vocabSize, SamplingOptions options) {
    this.options = options;
    this.window = new int[Math.max(0, options.penaltyLastN())];
    this.counts = new int[vocabSize];
    this.places = new int[vocabSize];
    this.seen = new int[vocabSize];
  }

  void accept(int token) {
    if (window.length > 0) {
      if (windowSize == window.length) {
        forget(window[next]);
      } else {
        windowSize++;
      }
      window[next] = token;
      next = (next + 1) % window.length;
    }
    if (counts[token]++ == 0) {
      places[token] = numSeen;
      seen[numSeen++] = token;
    }
  }

  private void forget(int token) {
    if (--counts[token] == 0) {
      int moved = seen[--numSeen];
      seen[places[token]] = moved;
      places[moved] = places[token];
    }
  }

  @Override
  public void apply(Candidates candidates) {
    float repetition = options.repetitionPenalty();
    for (int i = 0; i < numSeen; i++) {
      int token = seen[i];
      float logit = candidates.logit(token);
      logit = logit < 0 ? logit * repetition : logit / repetition;
      logit -= options.presencePenalty() + counts[token] * options.frequencyPenalty();
      candidates.setLogit(token, logit);
    }
  }
}
