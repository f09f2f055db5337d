package dev.levin.testkit;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Support;
import dev.levin.core.op.Op;
import dev.levin.testkit.compare.Comparator;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.OpCase;
import dev.levin.testkit.reference.ReferenceOps;
import dev.levin.testkit.reference.Rows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Runs one case on a backend and on the reference and says what differs. */
public final class Conformance {
  /** Outputs of which an op writes some rows only; the others keep their bytes. */
  private static final Set<String> PARTLY_WRITTEN = Set.of("kCache", "vCache", "cache", "state");

  private Conformance() {}

  /**
   * The paragraph that describes the failure, or nothing when all is well. Not to support the case
   * is a failure.
   */
  public static Optional<String> check(Backend backend, OpCase row) {
    return check(
        backend,
        row,
        reason -> Optional.of(row + " is not supported by " + backend.name() + ": " + reason));
  }

  /**
   * As above.
   *
   * @param refused what it means that the backend does not support the case, for this reason
   */
  static Optional<String> check(
      Backend backend, OpCase row, Function<String, Optional<String>> refused) {
    try (Fixture fixture = new Fixture()) {
      Op op = row.build(fixture);
      Op exact = OpTensors.mapActivations(op, tensor -> widened(fixture, tensor));
      try (Replica want = new Replica(fixture);
          Replica got = new Replica(fixture);
          Replica weightsBefore = new Replica(fixture);
          Placement placement = new Placement(fixture, backend)) {
        Op placed = placement.op(op);
        Support support = backend.supports(placed);
        if (!support.supported()) {
          return refused.apply(support.reason());
        }
        ReferenceOps.run(want.op(exact));
        placement.run(placed);
        placement.download(got);
        List<String> problems = compare(fixture, op, exact, want, got);
        problems.addAll(changedHostMemory(fixture, weightsBefore));
        return problems.isEmpty()
            ? Optional.empty()
            : Optional.of(paragraph(backend, row, op, problems));
      }
    }
  }

  /**
   * The reference works on activations widened to float32 and leaves its results unrounded, so that
   * what is judged is the backend's rounding alone.
   */
  private static Tensor widened(Fixture fixture, Tensor tensor) {
    return tensor.dtype() == DType.F32 ? tensor : fixture.converted(tensor, DType.F32);
  }

  private static String paragraph(Backend backend, OpCase row, Op op, List<String> problems) {
    return "%s  %s(%s) vs reference  seed %d%n  %s%n  %s"
        .formatted(
            row,
            backend.name(),
            backend.device().name(),
            row.seed(),
            op,
            String.join(System.lineSeparator() + "  ", problems));
  }

  private static List<String> compare(Fixture fixture, Op op, Op exact, Replica want, Replica got) {
    List<String> problems = new ArrayList<>();
    Map<String, Tensor> outputs = OpTensors.outputs(op);
    Map<String, Tensor> wanted = OpTensors.outputs(exact);
    for (Map.Entry<String, Tensor> output : outputs.entrySet()) {
      String name = output.getKey();
      Tensor tensor = output.getValue();
      if (PARTLY_WRITTEN.contains(name)) {
        untouchedRows(name, tensor, want.tensor(tensor), got.tensor(tensor))
            .ifPresent(problems::add);
      }
      Comparator.compare(op, name, want.tensor(wanted.get(name)), got.tensor(tensor))
          .ifPresent(problems::add);
    }
    for (HostBuffer buffer : fixture.buffers()) {
      strayWrites(op, outputs, buffer, got.copyOf(buffer)).ifPresent(problems::add);
    }
    return problems;
  }

  /** Rows that the reference leaves alone must keep their very bytes. */
  private static Optional<String> untouchedRows(
      String name, Tensor before, Tensor want, Tensor got) {
    List<String> rows = new ArrayList<>();
    Rows.forEach(
        before,
        index -> {
          MemorySegment old = row(before, index);
          if (old.mismatch(row(want, index)) < 0 && old.mismatch(row(got, index)) >= 0) {
            rows.add(Arrays.toString(index));
          }
        });
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s: row %s must keep its bytes, as must %d more that changed"
                .formatted(name, rows.getFirst(), rows.size() - 1));
  }

  private static MemorySegment row(Tensor tensor, long[] index) {
    return HostBuffer.segmentOf(tensor).asSlice(Rows.offset(tensor, index), tensor.rowBytes());
  }

  /** Bytes outside the outputs: inputs, guards, and gaps between strided rows. */
  private static Optional<String> strayWrites(
      Op op, Map<String, Tensor> outputs, HostBuffer before, HostBuffer after) {
    if (before.segment().mismatch(after.segment()) < 0) {
      return Optional.empty();
    }
    boolean[] writable = new boolean[Math.toIntExact(before.byteSize())];
    for (Tensor output : outputs.values()) {
      if (output.buffer() == before) {
        Rows.forEach(
            output,
            index -> {
              int start = Math.toIntExact(Rows.offset(output, index));
              Arrays.fill(writable, start, start + (int) output.rowBytes(), true);
            });
      }
    }
    byte[] old = before.segment().toArray(ValueLayout.JAVA_BYTE);
    byte[] now = after.segment().toArray(ValueLayout.JAVA_BYTE);
    int first = -1;
    int count = 0;
    for (int i = 0; i < old.length; i++) {
      if (!writable[i] && old[i] != now[i]) {
        first = first < 0 ? i : first;
        count++;
      }
    }
    return count == 0 ? Optional.empty() : Optional.of(stray(op, before, first, count));
  }

  private static String stray(Op op, HostBuffer buffer, int first, int count) {
    StringBuilder text = new StringBuilder();
    OpTensors.forEach(
        op,
        (name, tensor) -> {
          if (tensor.buffer() == buffer) {
            text.append(text.isEmpty() ? "" : ", ")
                .append("%s %s at byte %d".formatted(name, tensor, tensor.offset()));
          }
        });
    return ("stray write: %d bytes that no output covers changed,"
            + " first at byte %d of a buffer of %d that holds %s")
        .formatted(count, first, buffer.byteSize(), text);
  }

  private static List<String> changedHostMemory(Fixture fixture, Replica before) {
    List<String> problems = new ArrayList<>();
    for (HostBuffer buffer : fixture.buffers()) {
      long at = buffer.segment().mismatch(before.copyOf(buffer).segment());
      if (at >= 0) {
        problems.add("host memory of a weight or an upload changed at byte " + at);
      }
    }
    return problems;
  }
}
