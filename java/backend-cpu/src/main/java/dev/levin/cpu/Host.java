package dev.levin.cpu;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Op;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Access to tensors in host memory, with errors that name op and argument. */
final class Host {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Host() {}

  /**
   * The memory of an argument.
   *
   * @return null for a null tensor
   * @throws IllegalArgumentException when it lives elsewhere
   * @throws IllegalStateException when its buffer is closed
   */
  static MemorySegment memory(Op op, String name, Tensor tensor) {
    if (tensor == null) {
      return null;
    }
    if (!(tensor.buffer() instanceof HostBuffer host)) {
      throw new IllegalArgumentException(
          "%s: %s %s does not live in host memory".formatted(op.name(), name, tensor));
    }
    if (!host.isOpen()) {
      throw new IllegalStateException(
          "%s: the buffer of %s %s is closed".formatted(op.name(), name, tensor));
    }
    return host.segment();
  }

  /** The value if it is in [0, limit). */
  static int index(Op op, String name, long at, int value, long limit) {
    if (value < 0 || value >= limit) {
      throw new IllegalArgumentException(
          "%s: %s[%d] is %d, outside [0, %d)".formatted(op.name(), name, at, value, limit));
    }
    return value;
  }

  static void read(MemorySegment source, long at, float[] target, int to, int count) {
    MemorySegment.copy(source, FLOAT, at, target, to, count);
  }

  static void write(float[] source, int from, MemorySegment target, long at, int count) {
    MemorySegment.copy(source, from, target, FLOAT, at, count);
  }

  static int size(long dim) {
    return Math.toIntExact(dim);
  }
}
