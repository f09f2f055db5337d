package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;

/**
 * Memory for what lives inside one op. One op at a time: kernels run in the order of the queue, so
 * the next op may overwrite it.
 */
final class Scratch {
  private static final long ALIGNMENT_BYTES = 256;

  private final DeviceMemory memory;
  private ClBuffer buffer;
  private long used;

  Scratch(DeviceMemory memory) {
    this.memory = memory;
  }

  /** Forgets earlier tensors and makes room for {@code byteSize} bytes of new ones. */
  void begin(long byteSize) {
    used = 0;
    if (buffer != null && buffer.byteSize() >= byteSize) {
      return;
    }
    if (buffer != null) {
      buffer.close();
      buffer = null;
    }
    buffer = memory.allocateUnset(byteSize);
  }

  /** Bytes that a tensor of {@code values} values of 4 bytes takes. */
  static long bytes(long values) {
    return Math.ceilDiv(Math.multiplyExact(values, 4L), ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  }

  /** A tensor with whatever was in memory; F32 or I32. */
  Tensor tensor(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    Tensor tensor = Tensor.of(dtype, shape, buffer, used);
    used += bytes(shape.elements());
    return tensor;
  }
}
