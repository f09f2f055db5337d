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
    if (sorted) {
      size = kept;
      return;
    }
    heapify();
    for (int i = 1; i <= kept; i++) {
      popTo(size - i);
    }
    moveTailToFront(kept);
  }

  /** Keeps the fewest highest whose probabilities sum to at least {@code mass}, highest first. */
  void keepMass(double mass) {
    double total = sumOfWeights();
    double wanted = mass * total;
    double highest = logits[best()];
    if (!sorted) {
      heapify();
    }
    double taken = 0;
    int count = 0;
    while (count < size && taken < wanted) {
      if (!sorted) {
        popTo(size - count - 1);
      }
      float logit = logits[sorted ? count : size - count - 1];
      taken += Math.exp(logit - highest);
      count++;
    }
    count = Math.max(count, 1);
    if (sorted) {
      size = count;
    } else {
      moveTailToFront(count);
    }
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
   * The token at {@code point} of the cumulated probabilities.
   *
   * @param point in [0, 1)
   */
  int draw(double point) {
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

  private void heapify() {
    for (int i = size / 2 - 1; i >= 0; i--) {
      sink(i, size);
    }
  }

  /** Swaps the highest of the heap [0, end] to {@code end} and makes [0, end) a heap again. */
  private void popTo(int end) {
    swap(0, end);
    sink(0, end);
  }

  private void sink(int start, int end) {
    int parent = start;
    for (int child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
      if (child + 1 < end && precedes(child + 1, child)) {
        child++;
      }
      if (!precedes(child, parent)) {
        return;
      }
      swap(parent, child);
      parent = child;
    }
  }

  /** Makes the last {@code count} entries, lowest first, the only ones, highest first. */
  private void moveTailToFront(int count) {
    for (int i = 0; i < Math.min(count, size / 2); i++) {
      swap(i, size - 1 - i);
    }
    size = count;
    sorted = true;
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
