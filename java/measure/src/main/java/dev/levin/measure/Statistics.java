package dev.levin.measure;

import java.util.Arrays;

/** Mean and spread of repeated measurements. */
public final class Statistics {
  private Statistics() {}

  /** The arithmetic mean; NaN of nothing. */
  public static double mean(double... values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** The standard deviation of a sample (n - 1 in the denominator); 0 of fewer than two values. */
  public static double deviation(double... values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / (values.length - 1));
  }

  /** The middle value, or the mean of the two middle ones; NaN of nothing. */
  public static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
