package dev.levin.engine.sampling;

import dev.levin.core.LevinException;

/**
 * The tokens still in the running and their logits. Reused for every token; holds room for the
 * whole vocabulary. After {@link #load} token id and position are the same until a stage narrows
 * the choice.
 */
final class Candidates {
  private final int[] ids;
  private final float[] logits;
  private final double[] weights;
  private int size;
  private boolean sorted;

  Candidates(int vocabSize) {
    ids = new int[vocabSize];
    logits = new float[vocabSize];
    weights = new double[vocabSize];
  }

  /**
   * Starts over with all tokens.
   *
   * @throws LevinException when a logit is NaN or positive infinity
   */
  void load(float[] source) {
    if (source.length != ids.length) {
      throw new IllegalArgumentException(
          "%d logits for a vocabulary of %d".formatted(source.length, ids.length));
    }
    for (int i = 0; i < source.length; i++) {
      float logit = source[i];
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw new LevinException(
            "the logit of token %d is %s: the model's weights are damaged or overflow"
                .formatted(i, logit));
      }
      ids[i] = i;
      logits[i] = logit;
    }
    size = source.length;
    sorted = false;
  }

  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  float logit(int index) {
    return logits[index];
  }

  void setLogit(int index, float logit) {
    logits[index] = logit;
  }

  /** Index of the highest logit, the lowest id among equals. */
  int best() {
    if (sorted) {
      return 0;
    }
    int best = 0;
    for (int i = 1; i < size; i++) {
      if (precedes(i, best)) {
        best = i;
      }
    }
    return best;
  }

  /** The token of the highest logit. */
  int bestToken() {
    int best = best();
    if (logits[best] == Float.NEGATIVE_INFINITY) {
      throw allBanned();
    }
    return ids[best];
  }

  /** Keeps the {@code count} highest, highest first. */
  void keepBest(int count) {
    int kept = Math.min(count, size);
    if (!sorted && kept > 0) {
      selectToFront(kept);
      sortFront(kept);
    }
    sorted = true;
    size = kept;
  }

  /** Keeps the fewest highest whose probabilities sum to at least {@code mass}, highest first. */
  void keepMass(double mass) {
    double highest = logits[best()];
    double total = sumOfWeights();
    if (!sorted) {
      // All that weigh less than this do not make up half of the mass that is left out.
      double negligible = (1 - mass) * total / (2.0 * size);
      keepAtLeast((float) (highest + Math.log(negligible)));
      keepBest(size);
    }
    double taken = 0;
    int count = 0;
    do {
      taken += Math.exp(logits[count] - highest);
      count++;
    } while (count < size && taken < mass * total);
    size = count;
  }

  /** Keeps what is not below {@code threshold}, in the order it has. */
  void keepAtLeast(float threshold) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (logits[i] >= threshold) {
        ids[kept] = ids[i];
        logits[kept++] = logits[i];
      }
    }
    size = kept;
  }

  void divideBy(float temperature) {
    for (int i = 0; i < size; i++) {
      logits[i] /= temperature;
    }
  }

  /**
   * The token at {@code point} of the probabilities, cumulated in the order of ids.
   *
   * @param point in [0, 1)
   */
  int draw(double point) {
    if (sorted) {
      orderByIds();
    }
    double total = sumOfWeights();
    double remaining = point * total;
    int last = 0;
    for (int i = 0; i < size; i++) {
      if (weights[i] > 0) {
        last = i;
        remaining -= weights[i];
        if (remaining < 0) {
          break;
        }
      }
    }
    return ids[last];
  }

  /** Fills the weights with exp(logit - highest) and returns their sum. */
  private double sumOfWeights() {
    double highest = logits[best()];
    if (highest == Double.NEGATIVE_INFINITY) {
      throw allBanned();
    }
    double total = 0;
    for (int i = 0; i < size; i++) {
      weights[i] = Math.exp(logits[i] - highest);
      total += weights[i];
    }
    return total;
  }

  private static LevinException allBanned() {
    return new LevinException("every token is banned: all logits are negative infinity");
  }

  private boolean precedes(int a, int b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && ids[a] < ids[b]);
  }

  /** Moves the {@code count} highest to the front, as a heap with the lowest of them first. */
  private void selectToFront(int count) {
    for (int i = count / 2 - 1; i >= 0; i--) {
      sink(i, count);
    }
    for (int i = count; i < size; i++) {
      if (precedes(i, 0)) {
        swap(i, 0);
        sink(0, count);
      }
    }
  }

  /** Turns that heap into the order from high to low. */
  private void sortFront(int count) {
    for (int end = count - 1; end > 0; end--) {
      swap(0, end);
      sink(0, end);
    }
  }

  /** A heap with the highest id first, then from its end. */
  private void orderByIds() {
    sorted = false;
    for (int i = size / 2 - 1; i >= 0; i--) {
      sinkIds(i, size);
    }
    for (int end = size - 1; end > 0; end--) {
      swap(0, end);
      sinkIds(0, end);
    }
  }

  private void sinkIds(int start, int end) {
    int parent = start;
    for (int child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
      if (child + 1 < end && ids[child] < ids[child + 1]) {
        child++;
      }
      if (ids[child] < ids[parent]) {
        return;
      }
      swap(parent, child);
      parent = child;
    }
  }

  private void sink(int start, int end) {
    int parent = start;
    for (int child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
      if (child + 1 < end && precedes(child, child + 1)) {
        child++;
      }
      if (precedes(child, parent)) {
        return;
      }
      swap(parent, child);
      parent = child;
    }
  }

  private void swap(int a, int b) {
    int id = ids[a];
    ids[a] = ids[b];
    ids[b] = id;
    float logit = logits[a];
    logits[a] = logits[b];
    logits[b] = logit;
  }
}
