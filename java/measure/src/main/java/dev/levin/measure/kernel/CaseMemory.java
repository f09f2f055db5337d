package dev.levin.measure.kernel;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.synthetic.SyntheticTensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/** Tensors of one kernel case on a backend, with seeded contents; frees them all at once. */
final class CaseMemory implements AutoCloseable {
  private static final long SEED = 42;

  /** Types without random blocks are encoded once and repeated. */
  private static final int PATTERN_VALUES = 4096;

  private final Backend backend;
  private final Deque<Buffer> buffers = new ArrayDeque<>();
  private long seed = SEED;
  private long bytes;

  CaseMemory(Backend backend) {
    this.backend = backend;
  }

  /** Whether {@link #weight} and {@link #cache} can make this type. */
  static boolean supports(DType dtype) {
    return SyntheticTensors.supports(dtype) || dtype == DType.F8_E4M3 || dtype == DType.F8_E5M2;
  }

  /** Bytes of all tensors so far. */
  long bytes() {
    return bytes;
  }

  /** A weight as the backend wants it. */
  Tensor weight(DType dtype, long... dims) {
    Tensor host = Tensor.allocateHost(dtype, dims);
    buffers.push(host.buffer());
    bytes += host.byteSize();
    fill(dtype, 1 / Math.sqrt(dims[dims.length - 1]), HostBuffer.segmentOf(host));
    Tensor imported = backend.importWeight(host);
    if (imported.buffer() != host.buffer()) {
      buffers.push(imported.buffer());
    }
    return imported;
  }

  /** An activation: values of spread 1. */
  Tensor floats(long... dims) {
    return cache(DType.F32, dims);
  }

  Tensor values(float[] values) {
    Tensor tensor = empty(DType.F32, values.length);
    try (HostBuffer host = HostBuffer.allocate(tensor.byteSize())) {
      MemorySegment.copy(values, 0, host.segment(), ValueLayout.JAVA_FLOAT, 0, values.length);
      upload(host.segment(), tensor);
    }
    return tensor;
  }

  /** Device memory of any type with values of spread 1. */
  Tensor cache(DType dtype, long... dims) {
    Tensor tensor = empty(dtype, dims);
    try (HostBuffer host = HostBuffer.allocate(tensor.byteSize())) {
      fill(dtype, 1, host.segment());
      upload(host.segment(), tensor);
    }
    return tensor;
  }

  /** Zeros. */
  Tensor empty(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    Buffer buffer = backend.allocate(dtype.bytes(shape));
    buffers.push(buffer);
    bytes += buffer.byteSize();
    return Tensor.of(dtype, shape, buffer, 0);
  }

  Tensor ints(int[] values, long... dims) {
    Tensor tensor = empty(DType.I32, dims);
    try (HostBuffer host = HostBuffer.allocate(tensor.byteSize())) {
      MemorySegment.copy(values, 0, host.segment(), ValueLayout.JAVA_INT, 0, values.length);
      upload(host.segment(), tensor);
    }
    return tensor;
  }

  private void upload(MemorySegment source, Tensor target) {
    backend.upload(source, target, backend.stream());
    backend.stream().synchronize();
  }

  private void fill(DType dtype, double spread, MemorySegment target) {
    seed++;
    if (SyntheticTensors.supports(dtype)) {
      SyntheticTensors.fill(dtype, spread, seed, target);
      return;
    }
    try (HostBuffer floats = HostBuffer.allocate((long) PATTERN_VALUES * Float.BYTES);
        HostBuffer pattern = HostBuffer.allocate(dtype.rowBytes(PATTERN_VALUES))) {
      SyntheticTensors.fill(DType.F32, spread, seed, floats.segment());
      float[] values = floats.segment().toArray(ValueLayout.JAVA_FLOAT);
      Codecs.of(dtype).encode(values, 0, pattern.segment(), 0, PATTERN_VALUES);
      long step = pattern.byteSize();
      for (long at = 0; at < target.byteSize(); at += step) {
        long now = Math.min(step, target.byteSize() - at);
        MemorySegment.copy(pattern.segment(), 0, target, at, now);
      }
    }
  }

  @Override
  public void close() {
    while (!buffers.isEmpty()) {
      buffers.pop().close();
    }
  }
}
