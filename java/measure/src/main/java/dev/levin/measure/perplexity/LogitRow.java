package dev.levin.measure.perplexity;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One row of logits as a distribution over the next token, in double arithmetic.
 *
 * @param at byte of the row's first logit
 * @param best id of the largest logit, the lowest of equals
 * @param logSumExp natural logarithm of the sum of the exponentials
 */
record LogitRow(MemorySegment logits, long at, int size, int best, double logSumExp) {

  static LogitRow of(MemorySegment logits, int row, int size) {
    long at = (long) row * size * Float.BYTES;
    int best = 0;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      float logit = logits.get(ValueLayout.JAVA_FLOAT, at + 4L * i);
      if (logit > most) {
        most = logit;
        best = i;
      }
    }
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += Math.exp(logits.get(ValueLayout.JAVA_FLOAT, at + 4L * i) - (double) most);
    }
    return new LogitRow(logits, at, size, best, most + Math.log(sum));
  }

  double logProbability(int token) {
    return logits.get(ValueLayout.JAVA_FLOAT, at + 4L * token) - logSumExp;
  }

  /** Kullback-Leibler divergence of {@code other} from this distribution, in nats. */
  double divergenceFrom(LogitRow other) {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double own = logProbability(i);
      sum += Math.exp(own) * (own - other.logProbability(i));
    }
    // Rounding may leave a hair below zero where the two are the same.
    return Math.max(0, sum);
  }
}
