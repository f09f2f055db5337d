package dev.levin.models.blocks;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;

/**
 * Stack-like placement of activations in one buffer: what a layer takes after {@link #mark()} is
 * given back by {@link #release}. Run once over {@link #measuring} to learn the size, then over
 * real memory.
 */
public final class Scratch {
  private final Buffer buffer;
  private final DType activations;
  private long top;
  private long peak;

  /** Places tensors in a buffer; activations are of the given type. */
  public Scratch(Buffer buffer, DType activations) {
    this.buffer = buffer;
    this.activations = activations;
  }

  /** A scratch that holds nothing and only measures. */
  public static Scratch measuring(DType activations) {
    return new Scratch(new Unbounded(), activations);
  }

  public long mark() {
    return top;
  }

  public void release(long mark) {
    top = mark;
  }

  /** Bytes needed at the fullest moment so far. */
  public long peakBytes() {
    return peak;
  }

  /** What ops hand on to each other. */
  public Tensor activation(long... dims) {
    return take(activations, dims);
  }

  public Tensor f32(long... dims) {
    return take(DType.F32, dims);
  }

  public Tensor i32(long... dims) {
    return take(DType.I32, dims);
  }

  private Tensor take(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    Tensor tensor = Tensor.of(dtype, shape, buffer, top);
    long end = Math.addExact(top, dtype.bytes(shape));
    top = Math.ceilDiv(end, HostBuffer.ALIGNMENT_BYTES) * HostBuffer.ALIGNMENT_BYTES;
    peak = Math.max(peak, top);
    return tensor;
  }

  private static final class Unbounded implements Buffer {
    @Override
    public long byteSize() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
