package dev.levin.testkit.reference;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.op.Op;
import dev.levin.testkit.OpTensors;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;

/**
 * The reference as a backend, so that whole models can run in float64. Every op runs when it is
 * launched. Constructed directly: it is no service and {@code auto} never meets it.
 */
public final class ReferenceBackend implements Backend {
  private final Counters counters = new Counters();
  private final Stream stream = this::requireOpen;
  private boolean closed;

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public DeviceInfo device() {
    return new DeviceInfo(0, "float64 reference", 0, Map.of());
  }

  @Override
  public Buffer allocate(long byteSize) {
    requireOpen();
    return HostBuffer.allocate(byteSize);
  }

  @Override
  public Tensor importWeight(Tensor host) {
    requireOpen();
    HostBuffer.segmentOf(host);
    return host;
  }

  @Override
  public Stream stream() {
    requireOpen();
    return stream;
  }

  @Override
  public Set<DType> activationTypes() {
    return Op.ACTIVATION_TYPES;
  }

  @Override
  public Support supports(Op op) {
    return Support.yes();
  }

  @Override
  public void launch(Op op, Stream stream) {
    requireOpen();
    OpTensors.forEach(op, (name, tensor) -> HostBuffer.segmentOf(tensor));
    ReferenceOps.run(op);
    counters.add(op);
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream stream) {
    requireOpen();
    requireRoom(target, source.byteSize(), target.byteSize());
    MemorySegment.copy(source, 0, HostBuffer.segmentOf(target), target.offset(), source.byteSize());
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream stream) {
    requireOpen();
    requireRoom(source, source.byteSize(), target.byteSize());
    MemorySegment.copy(HostBuffer.segmentOf(source), source.offset(), target, 0, source.byteSize());
  }

  @Override
  public Counters counters() {
    return counters;
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the reference backend is closed");
    }
  }

  private static void requireRoom(Tensor tensor, long needed, long available) {
    if (!tensor.isContiguous() || needed > available) {
      throw new IllegalArgumentException(
          "cannot copy %d bytes to or from %s: room for %d".formatted(needed, tensor, available));
    }
  }
}
