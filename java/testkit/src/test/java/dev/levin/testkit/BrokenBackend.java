package dev.levin.testkit;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Counters;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Stream;
import dev.levin.core.backend.Support;
import dev.levin.core.op.Op;
import dev.levin.testkit.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** The reference with one fault: it runs another op than asked, or spoils memory afterwards. */
final class BrokenBackend implements Backend {
  private final ReferenceBackend reference = new ReferenceBackend();
  private final UnaryOperator<Op> misreading;
  private final Consumer<Op> damage;

  BrokenBackend(UnaryOperator<Op> misreading, Consumer<Op> damage) {
    this.misreading = misreading;
    this.damage = damage;
  }

  static BrokenBackend misreading(UnaryOperator<Op> misreading) {
    return new BrokenBackend(misreading, op -> {});
  }

  static BrokenBackend damaging(Consumer<Op> damage) {
    return new BrokenBackend(op -> op, damage);
  }

  @Override
  public String name() {
    return "broken";
  }

  @Override
  public DeviceInfo device() {
    return reference.device();
  }

  @Override
  public Buffer allocate(long byteSize) {
    return reference.allocate(byteSize);
  }

  @Override
  public Tensor importWeight(Tensor host) {
    return reference.importWeight(host);
  }

  @Override
  public Stream stream() {
    return reference.stream();
  }

  @Override
  public Set<DType> activationTypes() {
    return reference.activationTypes();
  }

  @Override
  public Support supports(Op op) {
    return Support.yes();
  }

  @Override
  public void launch(Op op, Stream stream) {
    reference.launch(misreading.apply(op), stream);
    damage.accept(op);
  }

  @Override
  public void upload(MemorySegment source, Tensor target, Stream stream) {
    reference.upload(source, target, stream);
  }

  @Override
  public void download(Tensor source, MemorySegment target, Stream stream) {
    reference.download(source, target, stream);
  }

  @Override
  public Counters counters() {
    return reference.counters();
  }

  @Override
  public void close() {
    reference.close();
  }
}
