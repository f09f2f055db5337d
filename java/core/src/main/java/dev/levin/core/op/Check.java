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

  /** The tensor that sets the type of an op's activations. */
  static void activation(String name, Tensor tensor, long... dims) {
    activation(name, tensor);
    shape(name, tensor, dims);
  }

  static void activation(String name, Tensor tensor) {
    that(tensor != null, "%s is null", name);
    that(
        Op.ACTIVATION_TYPES.contains(tensor.dtype()),
        "%s is %s, expected an activation type: F32, F16 or BF16",
        name,
        tensor);
  }

  /** An activation of the type that {@code first} has. */
  static void like(String name, Tensor tensor, Tensor first, long... dims) {
    dtype(name, tensor, first.dtype());
    shape(name, tensor, dims);
  }

  static void likeOrF32(String name, Tensor tensor, Tensor first, long... dims) {
    if (first.dtype() == DType.F32) {
      f32(name, tensor, dims);
      return;
    }
    that(tensor != null, "%s is null", name);
    that(
        tensor.dtype() == first.dtype() || tensor.dtype() == DType.F32,
        "%s is %s, expected dtype %s or F32",
        name,
        tensor,
        first.dtype());
    shape(name, tensor, dims);
  }

  static void optionalLike(String name, Tensor tensor, Tensor first, long... dims) {
    if (tensor != null) {
      like(name, tensor, first, dims);
    }
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
