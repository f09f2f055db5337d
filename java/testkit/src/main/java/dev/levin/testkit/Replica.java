package dev.levin.testkit;

import dev.levin.core.Buffer;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Op;
import dev.levin.testkit.grid.Fixture;
import java.util.IdentityHashMap;
import java.util.Map;

/** A copy of all host buffers of a fixture, and its ops over that copy. */
final class Replica implements AutoCloseable {
  private final Map<Buffer, HostBuffer> copies = new IdentityHashMap<>();

  Replica(Fixture fixture) {
    for (HostBuffer original : fixture.buffers()) {
      HostBuffer copy = HostBuffer.allocate(original.byteSize());
      copies.put(original, copy);
      copy.segment().copyFrom(original.segment());
    }
  }

  HostBuffer copyOf(Buffer original) {
    return copies.get(original);
  }

  Tensor tensor(Tensor original) {
    return rebased(original, copies.get(original.buffer()));
  }

  Op op(Op original) {
    return OpTensors.map(original, this::tensor);
  }

  /** The same view of another buffer. */
  static Tensor rebased(Tensor tensor, Buffer buffer) {
    long[] strides = new long[Math.max(0, tensor.rank() - 1)];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = tensor.stride(i);
    }
    return Tensor.strided(tensor.dtype(), tensor.shape(), buffer, tensor.offset(), strides);
  }

  @Override
  public void close() {
    copies.values().forEach(Buffer::close);
  }
}
