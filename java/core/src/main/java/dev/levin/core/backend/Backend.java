package dev.levin.core.backend;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * An open device. Streams and buffers belong to it; closing it twice does nothing, and using it
 * after close is an {@link IllegalStateException}. Failures are {@link
 * dev.levin.core.DeviceException}s that name the op.
 */
public interface Backend extends AutoCloseable {
  String name();

  DeviceInfo device();

  /**
   * Bytes that weights, pages and activations may still take on the device; empty where that is the
   * host's memory, or unknown.
   */
  default OptionalLong availableBytes() {
    return OptionalLong.empty();
  }

  /** Zeroed memory on the device; the caller closes it. */
  Buffer allocate(long byteSize);

  /**
   * Makes a weight in host memory usable by this backend's ops: the same tensor where ops read host
   * memory as it lies, otherwise a copy or a packed layout of the same values.
   */
  Tensor importWeight(Tensor host);

  /** The default stream. */
  Stream stream();

  /** What activations may be stored as; ops over others are not supported. */
  default Set<DType> activationTypes() {
    return Set.of(DType.F32);
  }

  Support supports(Op op);

  /** Queues an op. Its arguments must stay as they are until the stream has run it. */
  void launch(Op op, Stream stream);

  /**
   * Whether a step costs less when it has the layout of an earlier one, so that rows which nobody
   * asked for are worth computing: true where programs are replayed as graphs.
   */
  default boolean prefersFewLayouts() {
    return false;
  }

  /** Prepares ops that will run many times over the same buffers. */
  default Program prepare(List<Op> ops) {
    List<Op> fixed = List.copyOf(ops);
    return stream -> {
      for (Op op : fixed) {
        launch(op, stream);
      }
    };
  }

  /** Queues a copy of all of {@code source} to the start of a contiguous tensor. */
  void upload(MemorySegment source, Tensor target, Stream stream);

  /** Copies a contiguous tensor to the start of {@code target}; done on return. */
  void download(Tensor source, MemorySegment target, Stream stream);

  Counters counters();

  /**
   * Measures what the device can do at most; takes about a second. Empty where nobody has written a
   * probe.
   */
  default Optional<Ceilings> measureCeilings() {
    return Optional.empty();
  }

  @Override
  void close();
}
