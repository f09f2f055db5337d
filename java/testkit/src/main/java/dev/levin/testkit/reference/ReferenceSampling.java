package dev.levin.testkit.reference;

import dev.levin.core.op.Sample;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The choice of tokens, by sorting. */
public final class ReferenceSampling {
  private static final int NONE = -1;

  private ReferenceSampling() {}

  /** How one row is drawn; see {@link Sample}. */
  public record Parameters(float temperature, int topK, float topP, float minP) {}

  static void sample(Sample op) {
    int rows = Math.toIntExact(op.logits().dim(0));
    float[] temperature = Rows.floats(op.temperature());
    int[] topK = Rows.ints(op.topK());
    float[] topP = Rows.floats(op.topP());
    float[] minP = Rows.floats(op.minP());
    float[] point = Rows.floats(op.point());
    int[] ids = new int[rows];
    for (int r = 0; r < rows; r++) {
      double[] shares =
          shares(
              Rows.floats(op.logits(), r),
              new Parameters(temperature[r], topK[r], topP[r], minP[r]));
      ids[r] = draw(shares, point[r]);
    }
    Rows.writeInts(op.ids(), ids);
  }

  /** The probability [V] of each token; all zero for a row that none can be chosen from. */
  public static double[] shares(float[] logits, Parameters parameters) {
    double[] shares = new double[logits.length];
    List<Integer> kept =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(id -> -(logits[id] + 0.0))
                    .thenComparing(id -> id))
            .toList();
    float highest = logits[kept.getFirst()];
    for (float logit : logits) {
      if (!(logit < Float.POSITIVE_INFINITY) || highest == Float.NEGATIVE_INFINITY) {
        return shares;
      }
    }
    if (!(parameters.temperature > 0)) {
      shares[kept.getFirst()] = 1;
      return shares;
    }
    if (parameters.topK > 0 && parameters.topK < kept.size()) {
      kept = kept.subList(0, parameters.topK);
    }
    if (parameters.topP < 1) {
      kept = kept.subList(0, fewest(logits, kept, parameters.topP));
    }
    if (parameters.minP > 0) {
      double least = Math.min(highest, highest + Math.log(parameters.minP));
      kept = kept.stream().filter(id -> logits[id] >= least).toList();
    }
    double total = 0;
    for (int id : kept) {
      shares[id] = Math.exp((logits[id] - (double) highest) / parameters.temperature);
      total += shares[id];
    }
    for (int id : kept) {
      shares[id] /= total;
    }
    return shares;
  }

  /** How many of the best weigh at least {@code topP} of all; at least one. */
  private static int fewest(float[] logits, List<Integer> best, float topP) {
    double highest = logits[best.getFirst()];
    double total = best.stream().mapToDouble(id -> Math.exp(logits[id] - highest)).sum();
    double taken = 1;
    int count = 1;
    while (count < best.size() && taken < topP * total) {
      taken += Math.exp(logits[best.get(count)] - highest);
      count++;
    }
    return count;
  }

  /** The token at a point of the cumulated shares; -1 where all are zero. */
  public static int draw(double[] shares, double point) {
    double before = 0;
    int last = NONE;
    for (int id = 0; id < shares.length; id++) {
      if (shares[id] > 0) {
        last = id;
        before += shares[id];
        if (before > point) {
          return id;
        }
      }
    }
    return last;
  }
}
