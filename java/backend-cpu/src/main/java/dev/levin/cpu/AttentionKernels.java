package dev.levin.cpu;

/** The steps of online softmax over one block of keys, on arrays of a worker's workspace. */
public interface AttentionKernels {
  /** Keys in a block. Blocks start at multiples of it, so their borders depend on the key alone. */
  int BLOCK = 64;

  /** Rows of one {@link #accumulateRows}. */
  int ROWS = 4;

  /** Kernels that take precedence for the cache dtypes they read, or null. */
  default SliceKernels slices() {
    return null;
  }

  /**
   * Scores of a block in place: {@code s = scale * s}, then, if softCap is positive, {@code s =
   * softCap * tanh(s / softCap)}.
   */
  void scale(float[] scores, int at, float scale, float softCap);

  /** The greatest score of a block; NaN if there is one. */
  float max(float[] scores, int at);

  /** Replaces the scores of a block by {@code exp(score - max)} and returns their sum. */
  float expSum(float[] scores, int at, float max);

  /**
   * {@code sums[d] = rescale * sums[d] + sum over j in [from, to) of weights[j] * values[j, d]}, j
   * in ascending order.
   *
   * @param stride floats from one value row to the next; row 0 starts at index 0
   */
  void accumulateRow(
      float[] sums,
      int sumsAt,
      int dim,
      float rescale,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int stride);

  /**
   * The same, nothing rescaled, for {@link #ROWS} rows at once and with the same bits: rows of sums
   * are {@code dim} floats apart, rows of weights {@link #BLOCK}.
   */
  void accumulateRows(
      float[] sums,
      int sumsAt,
      int dim,
      float[] weights,
      int weightsAt,
      int from,
      int to,
      float[] values,
      int stride);
}
