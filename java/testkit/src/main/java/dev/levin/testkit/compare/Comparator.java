package dev.levin.testkit.compare;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Op;
import dev.levin.testkit.reference.Rows;
import java.util.Optional;

/** Holds one output tensor against the reference's. */
public final class Comparator {
  /** A cosine says nothing about fewer elements; their own bounds judge them. */
  private static final int FEWEST_FOR_COSINE = 16;

  private Comparator() {}

  /**
   * Compares two tensors in host memory. An activation that is narrower than what is wanted may be
   * off by its rounding besides.
   *
   * @param op with inputs as they were before the launch
   * @param want of {@code got}'s dtype, or F32 for activations
   * @return what is wrong, in one line
   */
  public static Optional<String> compare(Op op, String output, Tensor want, Tensor got) {
    Tolerance tolerance = Tolerances.of(op, output);
    float[] wanted = values(want);
    float[] found = values(got);
    if (got.dtype() != want.dtype()) {
      if (tolerance.exact()) {
        Rounding.round(wanted, got.dtype());
      } else {
        Rounding.undo(found, wanted, got.dtype());
      }
    }
    double[] bounds =
        tolerance.exact()
            ? new double[wanted.length]
            : ElementBounds.of(tolerance, op, want.dtype(), wanted);
    return compare(tolerance, want.shape(), wanted, found, bounds)
        .map(problem -> output + ": " + problem);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    int[] at = {0};
    Rows.forEach(
        tensor,
        index -> {
          if (tensor.dtype() == DType.I32) {
            for (int value : Rows.ints(tensor, index)) {
              values[at[0]++] = value;
            }
          } else {
            float[] row = Rows.floats(tensor, index);
            System.arraycopy(row, 0, values, at[0], row.length);
            at[0] += row.length;
          }
        });
    return values;
  }

  static Optional<String> compare(
      Tolerance tolerance, Shape shape, float[] want, float[] got, double[] bounds) {
    Badness bad = new Badness(shape);
    for (int i = 0; i < want.length; i++) {
      if (!sameClass(want[i], got[i])) {
        bad.add(i, Double.POSITIVE_INFINITY);
      }
    }
    if (bad.count() > 0) {
      return Optional.of(bad.describe(want, got, "NaN or infinity in the wrong place or missing"));
    }
    double nmse = nmse(want, got);
    double cosine = want.length < FEWEST_FOR_COSINE ? 0 : cosineDifference(want, got);
    boolean aggregateFails = nmse > tolerance.nmse() || cosine > tolerance.cosine();
    double markBound = Math.sqrt(Math.min(1e-3, tolerance.nmse())) * rootMeanSquare(want);
    for (int i = 0; i < want.length; i++) {
      double error = Float.isFinite(want[i]) ? Math.abs((double) got[i] - want[i]) : 0;
      boolean differs =
          tolerance.exact()
              ? Float.floatToIntBits(want[i]) != Float.floatToIntBits(got[i])
              : error > bounds[i];
      if (differs) {
        bad.add(i, error / Math.max(bounds[i], Float.MIN_VALUE));
      } else if (aggregateFails && error > markBound) {
        bad.add(i, error);
      }
    }
    if (bad.count() == 0 && !aggregateFails) {
      return Optional.empty();
    }
    return Optional.of(bad.describe(want, got, metric(tolerance, nmse, cosine, bounds, bad)));
  }

  private static String metric(
      Tolerance tolerance, double nmse, double cosine, double[] bounds, Badness bad) {
    if (tolerance.exact()) {
      return "must be bit-exact";
    }
    if (nmse > tolerance.nmse()) {
      return "nmse %.2g > %.2g".formatted(nmse, tolerance.nmse());
    }
    if (cosine > tolerance.cosine()) {
      return "cosine difference %.2g > %.2g".formatted(cosine, tolerance.cosine());
    }
    return "error above %.2g".formatted(bounds[bad.worst()]);
  }

  private static boolean sameClass(float want, float got) {
    if (Float.isNaN(want) || Float.isInfinite(want)) {
      return Float.compare(want, got) == 0;
    }
    return Float.isFinite(got);
  }

  private static double nmse(float[] want, float[] got) {
    double error = 0;
    double energy = 0;
    for (int i = 0; i < want.length; i++) {
      if (Float.isFinite(want[i])) {
        double difference = (double) got[i] - want[i];
        error += difference * difference;
        energy += (double) want[i] * want[i];
      }
    }
    return error == 0 ? 0 : error / energy;
  }

  private static double cosineDifference(float[] want, float[] got) {
    double product = 0;
    double wantEnergy = 0;
    double gotEnergy = 0;
    for (int i = 0; i < want.length; i++) {
      if (Float.isFinite(want[i])) {
        product += (double) want[i] * got[i];
        wantEnergy += (double) want[i] * want[i];
        gotEnergy += (double) got[i] * got[i];
      }
    }
    if (wantEnergy == 0 || gotEnergy == 0) {
      return wantEnergy == gotEnergy ? 0 : 1;
    }
    return 1 - product / Math.sqrt(wantEnergy * gotEnergy);
  }

  private static double rootMeanSquare(float[] want) {
    double energy = 0;
    for (float value : want) {
      energy += Float.isFinite(value) ? (double) value * value : 0;
    }
    return Math.sqrt(energy / Math.max(1, want.length));
  }
}
