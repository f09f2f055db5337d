package dev.levin.testkit.grid;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.quant.Codecs;
import dev.levin.testkit.Golden;
import dev.levin.testkit.reference.Rows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The host tensors of one case. Every tensor lies between guard regions; guards, gaps between
 * strided rows and outputs that nobody has written yet are filled with bytes that read as NaN.
 */
public final class Fixture implements AutoCloseable {
  /** Before and after every tensor; keeps the first element aligned like an allocation. */
  static final int GUARD_BYTES = HostBuffer.ALIGNMENT_BYTES;

  /** NaN in every floating-point dtype and as the scale of a block, and -1 as an integer. */
  private static final byte POISON = (byte) 0xFF;

  private static final int GAP_ELEMENTS = 3;

  private final List<HostBuffer> buffers = new ArrayList<>();
  private final Set<Tensor> weights = Collections.newSetFromMap(new IdentityHashMap<>());

  /** An unwritten tensor: poison throughout. */
  public Tensor poisoned(DType dtype, Layout layout, long... dims) {
    Shape shape = Shape.of(dims);
    long[] strides = new long[Math.max(0, dims.length - 1)];
    long gap = layout == Layout.DENSE ? 0 : gapBytes(dtype);
    long extent = dtype.rowBytes(shape.last());
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = extent + gap;
      extent = dims[i] * strides[i];
    }
    HostBuffer buffer = HostBuffer.allocate(extent + 2 * GUARD_BYTES);
    buffer.segment().fill(POISON);
    buffers.add(buffer);
    return Tensor.strided(dtype, shape, buffer, GUARD_BYTES, strides);
  }

  private static long gapBytes(DType dtype) {
    return (long) dtype.blockBytes() * (dtype.isBlock() ? 1 : GAP_ELEMENTS);
  }

  /** A dense F32 output. */
  public Tensor output(long... dims) {
    return poisoned(DType.F32, Layout.DENSE, dims);
  }

  public Tensor output(Layout layout, long... dims) {
    return poisoned(DType.F32, layout, dims);
  }

  public Tensor f32(float[] values, long... dims) {
    return f32(Layout.DENSE, values, dims);
  }

  public Tensor f32(Layout layout, float[] values, long... dims) {
    return filled(poisoned(DType.F32, layout, dims), values);
  }

  /** Values rounded to an encodable dtype. */
  public Tensor encoded(DType dtype, Layout layout, float[] values, long... dims) {
    return filled(poisoned(dtype, layout, dims), values);
  }

  /**
   * The same values rounded to an encodable dtype, with gaps where the tensor has some; what reads
   * as NaN is left poisoned.
   */
  public Tensor converted(Tensor tensor, DType dtype) {
    Tensor target =
        poisoned(
            dtype, tensor.isContiguous() ? Layout.DENSE : Layout.GAPPED, tensor.shape().toArray());
    Rows.forEach(
        tensor,
        index -> {
          float[] values = Rows.floats(tensor, index);
          if (!isPoison(values)) {
            Rows.writeFloats(target, values, index);
          }
        });
    return target;
  }

  private static boolean isPoison(float[] values) {
    for (float value : values) {
      if (!Float.isNaN(value)) {
        return false;
      }
    }
    return true;
  }

  private static Tensor filled(Tensor tensor, float[] values) {
    int row = Math.toIntExact(tensor.shape().last());
    int[] at = {0};
    Rows.forEach(
        tensor,
        index -> {
          Rows.writeFloats(tensor, Arrays.copyOfRange(values, at[0], at[0] + row), index);
          at[0] += row;
        });
    return tensor;
  }

  public Tensor i32(int[] values, long... dims) {
    Tensor tensor = poisoned(DType.I32, Layout.DENSE, dims);
    int row = Math.toIntExact(tensor.shape().last());
    int[] at = {0};
    Rows.forEach(
        tensor,
        index -> {
          Rows.writeInts(tensor, Arrays.copyOfRange(values, at[0], at[0] + row), index);
          at[0] += row;
        });
    return tensor;
  }

  /** Marks a tensor as a model weight: it reaches the backend through {@code importWeight}. */
  public Tensor weight(Tensor tensor) {
    weights.add(tensor);
    return tensor;
  }

  /** An F32 weight. */
  public Tensor weight(float[] values, long... dims) {
    return weight(f32(values, dims));
  }

  /**
   * A weight of any dtype that holds numbers: drawn and encoded, or for encodings that are only
   * read assembled from random blocks of the golden data.
   */
  public Tensor weight(DType dtype, Layout layout, Draw draw, long... dims) {
    return weight(numbers(dtype, layout, draw, dims));
  }

  /** Like {@link #weight(DType, Layout, Draw, long...)}, but as an ordinary input. */
  public Tensor numbers(DType dtype, Layout layout, Draw draw, long... dims) {
    if (Codecs.of(dtype).canEncode()) {
      return encoded(dtype, layout, draw.peaky(Shape.of(dims).elements(), 0.5f), dims);
    }
    Tensor tensor = poisoned(dtype, layout, dims);
    byte[] blocks = dtype.isBlock() ? goldenBlocks(dtype) : randomBytes(draw);
    MemorySegment target = HostBuffer.segmentOf(tensor);
    int blockBytes = dtype.blockBytes();
    Rows.forEach(
        tensor,
        index -> {
          long start = Rows.offset(tensor, index);
          for (long at = 0; at < tensor.rowBytes(); at += blockBytes) {
            int block = draw.below(blocks.length / blockBytes) * blockBytes;
            MemorySegment.copy(
                blocks, block, target, ValueLayout.JAVA_BYTE, start + at, blockBytes);
          }
        });
    return tensor;
  }

  private static byte[] goldenBlocks(DType dtype) {
    return Golden.bytes(Golden.path("quants/" + dtype + ".blocks"));
  }

  private static byte[] randomBytes(Draw draw) {
    int[] values = draw.ints(4096, 256);
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  public boolean isWeight(Tensor tensor) {
    return weights.contains(tensor);
  }

  /** All buffers in the order they were made. */
  public List<HostBuffer> buffers() {
    return Collections.unmodifiableList(buffers);
  }

  @Override
  public void close() {
    buffers.forEach(Buffer::close);
  }
}
