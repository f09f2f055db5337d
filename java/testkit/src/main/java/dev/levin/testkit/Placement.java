package dev.levin.testkit;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.Op;
import dev.levin.testkit.grid.Fixture;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A fixture in the memory of a backend. Whole buffers move, guards and gaps included; weights go
 * through {@code importWeight} instead.
 */
public final class Placement implements AutoCloseable {
  private final Backend backend;
  private final Fixture fixture;
  private final Map<Buffer, Buffer> buffers = new IdentityHashMap<>();
  private final Map<Tensor, Tensor> weights = new IdentityHashMap<>();

  public Placement(Fixture fixture, Backend backend) {
    this.fixture = fixture;
    this.backend = backend;
  }

  /** The tensor on the backend that stands for one of the fixture. */
  public Tensor tensor(Tensor host) {
    if (fixture.isWeight(host)) {
      return weights.computeIfAbsent(host, backend::importWeight);
    }
    return Replica.rebased(host, buffers.computeIfAbsent(host.buffer(), this::upload));
  }

  /** The op over tensors on the backend. */
  public Op op(Op host) {
    return OpTensors.map(host, this::tensor);
  }

  private Buffer upload(Buffer original) {
    HostBuffer host = (HostBuffer) original;
    Buffer buffer = backend.allocate(host.byteSize());
    backend.upload(host.segment(), bytes(buffer), backend.stream());
    return buffer;
  }

  /** Launches an op and waits for it. */
  public void run(Op op) {
    backend.launch(op, backend.stream());
    backend.stream().synchronize();
  }

  /** Copies what lies on the backend into a replica of the fixture; weights stay as they were. */
  void download(Replica target) {
    backend.stream().synchronize();
    buffers.forEach(
        (original, buffer) ->
            backend.download(bytes(buffer), target.copyOf(original).segment(), backend.stream()));
  }

  private static Tensor bytes(Buffer buffer) {
    return Tensor.of(DType.U8, Shape.of(buffer.byteSize()), buffer, 0);
  }

  @Override
  public void close() {
    buffers.values().forEach(Buffer::close);
    weights.forEach(
        (host, imported) -> {
          if (imported.buffer() != host.buffer()) {
            imported.buffer().close();
          }
        });
  }
}
