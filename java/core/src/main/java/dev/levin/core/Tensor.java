package dev.levin.core;

import java.util.Arrays;

/**
 * A view of a buffer: element type, shape, byte offset and byte strides.
 *
 * <p>The last dimension is contiguous and starts at a block boundary; the other dimensions may be
 * strided, so slices share memory with what they were cut from. A tensor owns nothing.
 */
public final class Tensor {
  private final DType dtype;
  private final Shape shape;
  private final Buffer buffer;
  private final long offset;
  private final long[] strides;

  private Tensor(DType dtype, Shape shape, Buffer buffer, long offset, long[] strides) {
    this.dtype = dtype;
    this.shape = shape;
    this.buffer = buffer;
    this.offset = offset;
    this.strides = strides;
    if (shape.last() % dtype.blockValues() != 0) {
      throw new IllegalArgumentException(
          "last dimension of %s%s is not a multiple of %d, the block size of %s"
              .formatted(dtype, shape, dtype.blockValues(), dtype));
    }
    if (offset < 0) {
      throw new IllegalArgumentException(
          "%s%s starts at byte %d, before the buffer".formatted(dtype, shape, offset));
    }
    long end = end();
    if (!isEmpty() && end > buffer.byteSize()) {
      throw new IllegalArgumentException(
          "%s%s at byte %d ends at %d, beyond the buffer of %d bytes"
              .formatted(dtype, shape, offset, end, buffer.byteSize()));
    }
  }

  /** Where the last element ends; a tensor of no elements reaches as far as one of one row. */
  private long end() {
    try {
      long end = Math.addExact(offset, rowBytes());
      for (int i = 0; i < strides.length; i++) {
        if (strides[i] < 0) {
          throw new IllegalArgumentException(
              "%s%s has a negative stride, %d".formatted(dtype, shape, strides[i]));
        }
        long steps = Math.max(0, shape.dim(i) - 1);
        end = Math.addExact(end, Math.multiplyExact(steps, strides[i]));
      }
      return end;
    } catch (ArithmeticException e) {
      throw tooLarge(dtype, shape, e);
    }
  }

  private boolean isEmpty() {
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dim(i) == 0) {
        return true;
      }
    }
    return false;
  }

  private static IllegalArgumentException tooLarge(
      DType dtype, Shape shape, ArithmeticException cause) {
    return new IllegalArgumentException(
        "%s%s has more bytes than 64 bits can count".formatted(dtype, shape), cause);
  }

  /** A contiguous, row-major tensor that starts {@code offset} bytes into {@code buffer}. */
  public static Tensor of(DType dtype, Shape shape, Buffer buffer, long offset) {
    return new Tensor(dtype, shape, buffer, offset, contiguousStrides(dtype, shape));
  }

  /** A strided tensor; {@code strides} are the byte strides of all dimensions but the last. */
  public static Tensor strided(
      DType dtype, Shape shape, Buffer buffer, long offset, long... strides) {
    if (strides.length != Math.max(0, shape.rank() - 1)) {
      throw new IllegalArgumentException("need one stride per dimension but the last of " + shape);
    }
    return new Tensor(dtype, shape, buffer, offset, strides.clone());
  }

  /** A new tensor of zeros in host memory; closing its buffer frees it. */
  public static Tensor allocateHost(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    return of(dtype, shape, HostBuffer.allocate(dtype.bytes(shape)), 0);
  }

  private static long[] contiguousStrides(DType dtype, Shape shape) {
    long[] strides = new long[Math.max(0, shape.rank() - 1)];
    try {
      long stride = dtype.rowBytes(shape.last());
      for (int i = strides.length - 1; i >= 0; i--) {
        strides[i] = stride;
        stride = Math.multiplyExact(stride, shape.dim(i));
      }
      return strides;
    } catch (ArithmeticException e) {
      throw tooLarge(dtype, shape, e);
    }
  }

  public DType dtype() {
    return dtype;
  }

  public Shape shape() {
    return shape;
  }

  public Buffer buffer() {
    return buffer;
  }

  /** Byte offset of the first element in the buffer. */
  public long offset() {
    return offset;
  }

  /** Byte stride of dimension {@code i}, which is not the last one. */
  public long stride(int i) {
    return strides[i];
  }

  public int rank() {
    return shape.rank();
  }

  public long dim(int i) {
    return shape.dim(i);
  }

  /** Bytes of one run of the last dimension. */
  public long rowBytes() {
    return dtype.rowBytes(shape.last());
  }

  /** Bytes the elements themselves take, gaps between strided rows left out. */
  public long byteSize() {
    return shape.rows() * rowBytes();
  }

  public boolean isContiguous() {
    long[] contiguous = contiguousStrides(dtype, shape);
    for (int i = 0; i < strides.length; i++) {
      if (shape.dim(i) > 1 && strides[i] != contiguous[i]) {
        return false;
      }
    }
    return true;
  }

  /** Byte offset of element [i, 0]. */
  public long offset(long i) {
    return offset + i * strides[0];
  }

  /** Byte offset of element [i, j, 0]. */
  public long offset(long i, long j) {
    return offset + i * strides[0] + j * strides[1];
  }

  /** Byte offset of element [i, j, k, 0]. */
  public long offset(long i, long j, long k) {
    return offset + i * strides[0] + j * strides[1] + k * strides[2];
  }

  /** The sub-range [from, to) of dimension {@code dim}; shares memory. */
  public Tensor slice(int dim, long from, long to) {
    if (from < 0 || to < from || to > shape.dim(dim)) {
      throw new IllegalArgumentException(
          "range [%d,%d) of dimension %d is outside %s".formatted(from, to, dim, shape));
    }
    long[] dims = shape.toArray();
    dims[dim] = to - from;
    long start;
    if (dim == rank() - 1) {
      if (from % dtype.blockValues() != 0) {
        throw new IllegalArgumentException("slice at " + from + " cuts a block of " + dtype);
      }
      start = dtype.rowBytes(from);
    } else {
      start = from * strides[dim];
    }
    return new Tensor(dtype, Shape.of(dims), buffer, offset + start, strides);
  }

  /**
   * The same elements under another shape. Needs a contiguous tensor and the same last-dim blocks.
   */
  public Tensor reshape(long... dims) {
    Shape target = Shape.of(dims);
    if (!isContiguous() || target.elements() != shape.elements()) {
      throw new IllegalArgumentException("cannot view " + this + " as " + target);
    }
    return of(dtype, target, buffer, offset);
  }

  /** Splits the last dimension in two: [.., a*b] as [.., a, b]; works on strided tensors. */
  public Tensor splitLast(long outer, long inner) {
    if (outer * inner != shape.last() || inner % dtype.blockValues() != 0) {
      throw new IllegalArgumentException(
          "cannot split the last dimension of %s into %d x %d".formatted(this, outer, inner));
    }
    long[] dims = Arrays.copyOf(shape.toArray(), rank() + 1);
    dims[rank() - 1] = outer;
    dims[rank()] = inner;
    long[] split = Arrays.copyOf(strides, strides.length + 1);
    split[strides.length] = dtype.rowBytes(inner);
    return new Tensor(dtype, Shape.of(dims), buffer, offset, split);
  }

  /** Drops the first dimension by choosing one index of it. */
  public Tensor select(long index) {
    if (rank() < 2 || index < 0 || index >= dim(0)) {
      throw new IllegalArgumentException("no element " + index + " in " + this);
    }
    long[] dims = shape.toArray();
    return new Tensor(
        dtype,
        Shape.of(Arrays.copyOfRange(dims, 1, dims.length)),
        buffer,
        offset + index * strides[0],
        Arrays.copyOfRange(strides, 1, strides.length));
  }

  /** For example {@code F32[3,64]}; strided views say so. */
  @Override
  public String toString() {
    return dtype + shape.toString() + (isContiguous() ? "" : "strided");
  }
}
