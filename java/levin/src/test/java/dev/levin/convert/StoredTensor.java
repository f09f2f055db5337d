package dev.levin.convert;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;

/** A tensor as a file keeps it: encoded, contiguous. */
public record StoredTensor(DType dtype, Shape shape, byte[] bytes) {
  public StoredTensor {
    if (dtype.bytes(shape) != bytes.length) {
      throw new IllegalArgumentException(
          "%d bytes are no %s%s".formatted(bytes.length, dtype, shape));
    }
  }

  /** A copy of a tensor that lies contiguous in host memory. */
  public static StoredTensor copyOf(Tensor tensor) {
    byte[] bytes = new byte[Math.toIntExact(tensor.byteSize())];
    MemorySegment.copy(
        HostBuffer.segmentOf(tensor),
        tensor.offset(),
        MemorySegment.ofArray(bytes),
        0,
        bytes.length);
    return new StoredTensor(tensor.dtype(), tensor.shape(), bytes);
  }

  public static StoredTensor encode(HostValues values, DType dtype) {
    Shape shape = Shape.of(values.dims());
    byte[] bytes = new byte[Math.toIntExact(dtype.bytes(shape))];
    Codecs.of(dtype)
        .encode(values.values(), 0, MemorySegment.ofArray(bytes), 0, values.values().length);
    return new StoredTensor(dtype, shape, bytes);
  }

  public HostValues decode() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    Codecs.of(dtype).decode(MemorySegment.ofArray(bytes), 0, values, 0, values.length);
    return new HostValues(values, shape.toArray());
  }

  /** The same values in F32. */
  public StoredTensor widened() {
    return encode(decode(), DType.F32);
  }
}
