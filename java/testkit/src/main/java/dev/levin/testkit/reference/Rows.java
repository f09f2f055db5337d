package dev.levin.testkit.reference;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** Reads and writes runs of the last dimension of tensors in host memory, whatever their dtype. */
public final class Rows {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Rows() {}

  /** Byte offset of the row with these leading indices, one for each dimension but the last. */
  public static long offset(Tensor tensor, long... index) {
    if (index.length != tensor.rank() - 1) {
      throw new IllegalArgumentException(index.length + " indices for a row of " + tensor);
    }
    long offset = tensor.offset();
    for (int i = 0; i < index.length; i++) {
      if (index[i] < 0 || index[i] >= tensor.dim(i)) {
        throw new IndexOutOfBoundsException(
            "index %d of dimension %d of %s".formatted(index[i], i, tensor));
      }
      offset += index[i] * tensor.stride(i);
    }
    return offset;
  }

  /** The row's values as its codec decodes them. */
  public static float[] floats(Tensor tensor, long... index) {
    float[] values = new float[Math.toIntExact(tensor.shape().last())];
    codec(tensor)
        .decode(HostBuffer.segmentOf(tensor), offset(tensor, index), values, 0, values.length);
    return values;
  }

  /** The row's values, widened. */
  public static double[] read(Tensor tensor, long... index) {
    float[] values = floats(tensor, index);
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Rounds to float32 and encodes into the row. */
  public static void write(Tensor tensor, double[] values, long... index) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    writeFloats(tensor, narrow, index);
  }

  public static void writeFloats(Tensor tensor, float[] values, long... index) {
    if (values.length != tensor.shape().last()) {
      throw new IllegalArgumentException(values.length + " values for a row of " + tensor);
    }
    codec(tensor)
        .encode(values, 0, HostBuffer.segmentOf(tensor), offset(tensor, index), values.length);
  }

  public static int[] ints(Tensor tensor, long... index) {
    requireInts(tensor);
    MemorySegment segment = HostBuffer.segmentOf(tensor);
    long offset = offset(tensor, index);
    int[] values = new int[Math.toIntExact(tensor.shape().last())];
    for (int i = 0; i < values.length; i++) {
      values[i] = segment.get(INT, offset + (long) Integer.BYTES * i);
    }
    return values;
  }

  public static void writeInts(Tensor tensor, int[] values, long... index) {
    requireInts(tensor);
    MemorySegment segment = HostBuffer.segmentOf(tensor);
    long offset = offset(tensor, index);
    for (int i = 0; i < values.length; i++) {
      segment.set(INT, offset + (long) Integer.BYTES * i, values[i]);
    }
  }

  /** Visits the leading indices of all rows in row-major order; the array is reused. */
  public static void forEach(Tensor tensor, Consumer<long[]> visitor) {
    long rows = tensor.shape().rows();
    long[] index = new long[Math.max(0, tensor.rank() - 1)];
    for (long row = 0; row < rows; row++) {
      long rest = row;
      for (int i = index.length - 1; i >= 0; i--) {
        index[i] = rest % tensor.dim(i);
        rest /= tensor.dim(i);
      }
      visitor.accept(index);
    }
  }

  private static BlockCodec codec(Tensor tensor) {
    return Codecs.of(tensor.dtype());
  }

  private static void requireInts(Tensor tensor) {
    if (tensor.dtype() != DType.I32) {
      throw new IllegalArgumentException(tensor + " is not I32");
    }
  }
}
