package dev.levin.cpu;

import java.util.Arrays;

/**
 * Attention of some query rows to some of their keys: per row the weighted sum of values, not yet
 * divided, the greatest score and the total of the weights {@code exp(score - greatest)}.
 *
 * <p>Two of them over neighbouring keys join into one over both. Floating-point joins do not
 * associate, so what must not change with the number of threads joins in the order of the keys.
 */
public final class PartialAttention {
  private float[] sums = {};
  private float[] maxima = {};
  private float[] totals = {};
  private int rows;
  private int dim;

  /** Starts over with no keys, for {@code rows} rows of {@code dim} values. */
  void reset(int rows, int dim) {
    this.rows = rows;
    this.dim = dim;
    if (maxima.length < rows) {
      maxima = new float[rows];
      totals = new float[rows];
    }
    if (sums.length < rows * dim) {
      sums = new float[rows * dim];
    }
    Arrays.fill(sums, 0, rows * dim, 0f);
    Arrays.fill(maxima, 0, rows, Float.NEGATIVE_INFINITY);
    Arrays.fill(totals, 0, rows, 0f);
  }

  /** [rows, dim]. */
  public float[] sums() {
    return sums;
  }

  /** [rows], negative infinity for a row that has seen no key. */
  public float[] maxima() {
    return maxima;
  }

  /** [rows]. */
  public float[] totals() {
    return totals;
  }

  /** Joins attention of the same rows to later keys. */
  void join(PartialAttention later) {
    for (int row = 0; row < rows; row++) {
      float max = Math.max(maxima[row], later.maxima[row]);
      if (max == Float.NEGATIVE_INFINITY) {
        continue;
      }
      float mine = (float) Math.exp((double) maxima[row] - max);
      float theirs = (float) Math.exp((double) later.maxima[row] - max);
      maxima[row] = max;
      totals[row] = totals[row] * mine + later.totals[row] * theirs;
      for (int d = row * dim; d < (row + 1) * dim; d++) {
        sums[d] = sums[d] * mine + later.sums[d] * theirs;
      }
    }
  }
}
