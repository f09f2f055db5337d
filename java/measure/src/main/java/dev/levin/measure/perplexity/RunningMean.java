package dev.levin.measure.perplexity;

/** Mean and standard error of values that come one by one (Welford 1962). */
final class RunningMean {
  long count;
  double most = Double.NEGATIVE_INFINITY;
  private double mean;
  private double squares;

  void add(double value) {
    count++;
    double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
    most = Math.max(most, value);
  }

  double mean() {
    return mean;
  }

  /** Of the mean; 0 for fewer than two values. */
  double standardError() {
    return count < 2 ? 0 : Math.sqrt(squares / (count - 1) / count);
  }
}
