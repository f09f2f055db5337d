package dev.levin.testkit.compare;

import dev.levin.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The bad elements of one tensor: how many, which is worst, and what they have in common. */
final class Badness {
  private final Shape shape;
  private final List<Integer> indices = new ArrayList<>();
  private double worstScore = Double.NEGATIVE_INFINITY;
  private int worst;

  Badness(Shape shape) {
    this.shape = shape;
  }

  void add(int index, double score) {
    indices.add(index);
    if (score > worstScore) {
      worstScore = score;
      worst = index;
    }
  }

  int count() {
    return indices.size();
  }

  int worst() {
    return worst;
  }

  String describe(float[] want, float[] got, String metric) {
    return "worst at %s: got %s want %s   %s   bad %d/%d%s"
        .formatted(
            coordinates(worst), got[worst], want[worst], metric, count(), want.length, hint());
  }

  private String coordinates(int index) {
    return Arrays.stream(split(index))
        .mapToObj(Long::toString)
        .collect(Collectors.joining(",", "(", ")"));
  }

  private long[] split(int index) {
    long[] coordinates = new long[shape.rank()];
    long rest = index;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      coordinates[i] = rest % shape.dim(i);
      rest /= shape.dim(i);
    }
    return coordinates;
  }

  /** For example {@code , all in the last column}; empty when nothing stands out. */
  private String hint() {
    if (indices.isEmpty()) {
      return "";
    }
    if (indices.size() == shape.elements()) {
      return indices.size() > 1 ? ", all of them" : "";
    }
    for (int dim = shape.rank() - 1; dim >= 0; dim--) {
      long common = split(indices.getFirst())[dim];
      for (int index : indices) {
        common = split(index)[dim] == common ? common : -1;
      }
      if (common >= 0 && shape.dim(dim) > 1) {
        return ", all in " + place(dim, common);
      }
    }
    return "";
  }

  private String place(int dim, long index) {
    String name =
        dim == shape.rank() - 1 ? "column" : dim == 0 ? "row" : "dimension " + dim + " index";
    boolean last = index == shape.dim(dim) - 1;
    return last && dim == shape.rank() - 1 ? "the last column" : name + " " + index;
  }
}
