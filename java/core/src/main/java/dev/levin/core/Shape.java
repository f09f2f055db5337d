package dev.levin.core;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Dimensions of a tensor, outermost first; the last dimension is the contiguous one. Immutable. */
public final class Shape {
  private final long[] dims;

  private Shape(long[] dims) {
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
      }
    }
    this.dims = dims;
  }

  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** Size of dimension {@code i}; negative {@code i} counts from the last ({@code -1}). */
  public long dim(int i) {
    return dims[i < 0 ? dims.length + i : i];
  }

  /** The last dimension, or 1 for a scalar. */
  public long last() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /** Product of all dimensions but the last. */
  public long rows() {
    long rows = 1;
    for (int i = 0; i < dims.length - 1; i++) {
      rows = Math.multiplyExact(rows, dims[i]);
    }
    return rows;
  }

  public long elements() {
    return Math.multiplyExact(rows(), last());
  }

  public long[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(",", "[", "]"));
  }
}
