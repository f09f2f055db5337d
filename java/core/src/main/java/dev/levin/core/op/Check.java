package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import java.util.Arrays;

/** Argument checks of op records; failures name the argument, what it is and what was expected. */
final class Check {
  /** A dimension that may have any size. */
  static final long ANY = -1;

  private Check() {}

  static void that(boolean condition, String format, Object... arguments) {
    if (!condition) {
      throw new IllegalArgumentException(format.formatted(arguments));
    }
  }

  static void dtype(String name, Tensor tensor, DType dtype) {
    that(tensor != null, "%s is null", name);
    that(tensor.dtype() == dtype, "%s is %s, expected dtype %s", name, tensor, dtype);
  }

  static void shape(String name, Tensor tensor, long... dims) {
    boolean fits = tensor.rank() == dims.length;
    for (int i = 0; fits && i < dims.length; i++) {
      fits = dims[i] == ANY || dims[i] == tensor.dim(i);
    }
    that(fits, "%s is %s, expected shape %s", name, tensor, Arrays.toString(dims));
  }

  static void f32(String name, Tensor tensor, long... dims) {
    dtype(name, tensor, DType.F32);
    shape(name, tensor, dims);
  }

  static void optionalF32(String name, Tensor tensor, long... dims) {
    if (tensor != null) {
      f32(name, tensor, dims);
    }
  }
}
