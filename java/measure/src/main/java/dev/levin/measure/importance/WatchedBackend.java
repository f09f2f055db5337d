package dev.levin.measure.importance;

import dev.levin.core.Buffer;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Ceilings;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A backend in host memory that looks at what weight matrices are multiplied by. Steps are not
 * captured: every op passes {@link #launch}.
 */
final class WatchedBackend implements Backend {
  /** Where a tensor starts. */
  private record Place(Buffer buffer, long offset) {
    static Place of(Tensor tensor) {
      return new Place(tensor.buffer(), tensor.offset());
    }
  }

  private final Backend backend;
  private final Map<Long, String> namesByAddress = new HashMap<>();
  private final Map<Place, String> names = new HashMap<>();
  private final Map<String, ColumnSquares> squares = new LinkedHashMap<>();

  /**
   * @param backend whose ops read host memory; stays the caller's
   * @param weights whose matrices are watched
   */
  WatchedBackend(Backend backend, WeightSource weights) {
    this.backend = backend;
    for (String name : weights.names()) {
      Tensor tensor = weights.get(name);
      if (tensor.rank() >= 2) {
        namesByAddress.put(address(tensor), name);
      }
    }
  }

  private static long address(Tensor tensor) {
    return HostBuffer.segmentOf(tensor).address() + tensor.offset();
  }

  /** Mean squares by tensor name; matrices that nothing was multiplied by are left out. */
  Map<String, float[]> means() {
    Map<String, float[]> means = new LinkedHashMap<>();
    squares.forEach((name, sums) -> means.put(name, sums.means()));
    return means;
  }

  @Override
  public Tensor importWeight(Tensor host) {
    Tensor imported = backend.importWeight(host);
    String name = namesByAddress.get(address(host));
    if (name != null && host.rank() >= 2) {
      names.put(Place.of(imported), name);
    }
    return imported;
  }

  @Override
  public void launch(Op op, Stream stream) {
    switch (op) {
      case Linear linear -> {
        ColumnSquares sums = sums(linear.weight(), 1);
        if (sums != null) {
          stream.synchronize();
          sums.add(linear);
        }
      }
      case GroupedLinear linear -> {
        ColumnSquares sums = sums(linear.weight(), Math.toIntExact(linear.weight().dim(0)));
        if (sums != null) {
          stream.synchronize();
          sums.add(linear);
        }
      }
      default -> {}
    }
    backend.launch(op, stream);
  }

  private ColumnSquares sums(Tensor weight, int experts) {
    String name = names.get(Place.of(weight));
    return name == null
        ? null
        : squares.computeIfAbsent(
            name, key -> new ColumnSquares(experts, Math.toIntExact(weight.shape().last())));
  }

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public DeviceInfo device() {
    return backend.device();
  }

  @Override
  public Buffer allocate(long byteSize) {
    return backend.allocate(byteSize);
  }

  @Override
  public Stream stream() {
    return backend.stream();
  }

  @Override
  public Support supports(Op op) {
    return backend.supports(op);
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream stream) {
    backend.upload(source, target, stream);
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream stream) {
    backend.download(source, target, stream);
  }

  @Override
  public Counters counters() {
    return backend.counters();
  }

  @Override
  public Optional<Ceilings> measureCeilings() {
    return backend.measureCeilings();
  }

  /** Leaves the watched backend open. */
  @Override
  public void close() {
    names.clear();
  }
}
