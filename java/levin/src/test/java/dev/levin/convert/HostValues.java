package dev.levin.convert;

import dev.levin.core.Shape;
import java.util.List;

/**
 * A tensor's values in float32, row-major, outermost dimension first. Operations make new ones.
 *
 * @param dims as long as the rank
 */
public record HostValues(float[] values, long... dims) {
  public HostValues {
    if (Shape.of(dims).elements() != values.length) {
      throw new IllegalArgumentException(
          values.length + " values do not fill " + Shape.of(dims).toString());
    }
  }

  private int dim(int i) {
    return Math.toIntExact(dims[i]);
  }

  public HostValues reshape(long... to) {
    return new HostValues(values, to);
  }

  /** Every value plus one. */
  public HostValues plusOne() {
    float[] result = values.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] += 1;
    }
    return new HostValues(result, dims);
  }

  /** Every value times the factor. */
  public HostValues times(float factor) {
    float[] result = values.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] *= factor;
    }
    return new HostValues(result, dims);
  }

  /** -exp(x) of every value. */
  public HostValues negativeExp() {
    float[] result = values.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) -Math.exp(result[i]);
    }
    return new HostValues(result, dims);
  }

  /** [.., M, N] to [.., N, M]. */
  public HostValues transpose() {
    int m = dim(dims.length - 2);
    int n = dim(dims.length - 1);
    float[] result = new float[values.length];
    for (int start = 0; start < values.length; start += m * n) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          result[start + j * m + i] = values[start + i * n + j];
        }
      }
    }
    long[] swapped = dims.clone();
    swapped[dims.length - 2] = n;
    swapped[dims.length - 1] = m;
    return new HostValues(result, swapped);
  }

  /** Indices [from, to) of dimension {@code dim}, every {@code step}-th of them. */
  public HostValues slice(int dim, int from, int to, int step) {
    int inner = 1;
    for (int i = dim + 1; i < dims.length; i++) {
      inner *= dim(i);
    }
    int count = Math.ceilDiv(to - from, step);
    long[] sliced = dims.clone();
    sliced[dim] = count;
    int outer = values.length / (inner * dim(dim));
    float[] result = new float[outer * count * inner];
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < count; i++) {
        int source = (o * dim(dim) + from + i * step) * inner;
        System.arraycopy(values, source, result, (o * count + i) * inner, inner);
      }
    }
    return new HostValues(result, sliced);
  }

  public HostValues rows(int from, int to) {
    return slice(0, from, to, 1);
  }

  /** Turns each head's two halves of rows into neighbours, as GGUF keeps queries of Llama. */
  public HostValues interleaveHalves(int heads) {
    int rows = dim(0);
    int width = values.length / rows;
    int half = rows / heads / 2;
    float[] result = new float[values.length];
    for (int row = 0; row < rows; row++) {
      int head = row / (2 * half);
      int within = row % (2 * half);
      int target = head * 2 * half + within % half * 2 + within / half;
      System.arraycopy(values, row * width, result, target * width, width);
    }
    return new HostValues(result, dims);
  }

  /** Tensors of one shape under a new outermost dimension. */
  public static HostValues stack(List<HostValues> parts) {
    long[] dims = parts.getFirst().dims;
    long[] stacked = new long[dims.length + 1];
    stacked[0] = parts.size();
    System.arraycopy(dims, 0, stacked, 1, dims.length);
    return join(parts, stacked);
  }

  /** Tensors one below the other. */
  public static HostValues concatenate(List<HostValues> parts) {
    long[] dims = parts.getFirst().dims.clone();
    dims[0] = parts.stream().mapToLong(part -> part.dims[0]).sum();
    return join(parts, dims);
  }

  private static HostValues join(List<HostValues> parts, long[] dims) {
    float[] result = new float[Math.toIntExact(Shape.of(dims).elements())];
    int at = 0;
    for (HostValues part : parts) {
      System.arraycopy(part.values, 0, result, at, part.values.length);
      at += part.values.length;
    }
    return new HostValues(result, dims);
  }
}
