package dev.levin.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Program;
import dev.levin.core.backend.Stream;
import dev.levin.core.op.Add;
import dev.levin.core.op.Op;
import dev.levin.core.op.SoftCap;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.OpCase;
import dev.levin.testkit.grid.OpGrid;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds a backend to the reference over the whole grid, and to the promises that no single op can
 * show: rows do not depend on their company, nor keys on where their pages lie. One subclass per
 * backend.
 */
public abstract class OpConformanceTest {
  private Backend backend;

  /** A fresh backend; the test closes it. */
  protected abstract Backend openBackend();

  /** Cases ({@link OpCase#toString()}) or op names that the backend openly does not support. */
  protected Set<String> allowedUnsupported() {
    return Set.of();
  }

  /**
   * What is compared with the reference; the whole grid unless a subclass says otherwise. Cases
   * over activations that the backend does not list are left out.
   */
  protected List<OpCase> cases() {
    return OpGrid.cases();
  }

  @BeforeEach
  final void open() {
    backend = openBackend();
  }

  @AfterEach
  final void close() {
    backend.close();
  }

  @TestFactory
  final List<DynamicNode> matchesReference() {
    Map<String, List<DynamicNode>> byOp = new LinkedHashMap<>();
    for (OpCase row : cases()) {
      if (!backend.activationTypes().contains(row.activations())) {
        continue;
      }
      byOp.computeIfAbsent(row.op(), op -> new ArrayList<>())
          .add(dynamicTest(row.toString(), () -> check(row)));
    }
    return containers(byOp);
  }

  private static List<DynamicNode> containers(Map<String, List<DynamicNode>> byOp) {
    List<DynamicNode> nodes = new ArrayList<>();
    byOp.forEach((op, tests) -> nodes.add(dynamicContainer(op, tests)));
    return nodes;
  }

  private void check(OpCase row) {
    Set<String> allowed = allowedUnsupported();
    boolean mayRefuse = allowed.contains(row.op()) || allowed.contains(row.toString());
    (mayRefuse
            ? Conformance.check(backend, row, reason -> Optional.empty())
            : Conformance.check(backend, row))
        .ifPresent(problem -> fail(problem));
  }

  @TestFactory
  final List<DynamicNode> doesNotDependOnCompany() {
    List<DynamicNode> tests = new ArrayList<>();
    CompanyChecks.all(backend.activationTypes())
        .forEach(
            (name, check) ->
                tests.add(
                    dynamicTest(
                        name, () -> check.run(backend).ifPresent(problem -> fail(problem)))));
    return tests;
  }

  @Test
  final void refusesActivationsItDoesNotList() {
    for (DType dtype : Op.ACTIVATION_TYPES) {
      try (Buffer buffer = backend.allocate(64)) {
        Tensor x = Tensor.of(dtype, Shape.of(1, 16), buffer, 0);
        Op op = new SoftCap(x, x, 1);
        boolean listed = backend.activationTypes().contains(dtype);
        assertEquals(listed, backend.supports(op).supported(), dtype::toString);
        if (!listed) {
          DeviceException refused =
              assertThrows(DeviceException.class, () -> backend.launch(op, backend.stream()));
          assertTrue(refused.getMessage().contains(dtype.name()), refused.getMessage());
        }
      }
    }
  }

  @Test
  final void closesOnceAndRefusesUseAfterwards() {
    Stream stream = backend.stream();
    try (HostBuffer host = HostBuffer.allocate(64)) {
      Buffer buffer = backend.allocate(64);
      Tensor tensor = Tensor.of(DType.F32, Shape.of(1, 16), buffer, 0);
      backend.close();
      assertDoesNotThrow(backend::close, "closing twice");
      assertThrows(IllegalStateException.class, () -> backend.allocate(64));
      assertThrows(
          IllegalStateException.class,
          () -> backend.launch(new SoftCap(tensor, tensor, 1), stream));
      assertThrows(
          IllegalStateException.class, () -> backend.upload(host.segment(), tensor, stream));
      assertThrows(
          IllegalStateException.class, () -> backend.download(tensor, host.segment(), stream));
      buffer.close();
      assertDoesNotThrow(buffer::close, "closing a buffer twice");
    }
  }

  @Test
  final void refusesTensorsOfAnotherDevice() {
    Tensor foreign = Tensor.of(DType.F32, Shape.of(1, 16), new ForeignBuffer(64), 0);
    RuntimeException refused =
        assertThrows(
            RuntimeException.class,
            () -> {
              backend.launch(new SoftCap(foreign, foreign, 1), backend.stream());
              backend.stream().synchronize();
            });
    if (!(refused instanceof IllegalArgumentException) && !(refused instanceof DeviceException)) {
      fail("a tensor of another device must be refused with a clear error, got " + refused);
    }
  }

  @Test
  final void refusesClosedBuffers() {
    Buffer buffer = backend.allocate(64);
    Tensor tensor = Tensor.of(DType.F32, Shape.of(1, 16), buffer, 0);
    buffer.close();
    assertThrows(
        IllegalStateException.class,
        () -> {
          backend.launch(new SoftCap(tensor, tensor, 1), backend.stream());
          backend.stream().synchronize();
        });
  }

  /** A prepared program runs its ops in order, each time over what the buffers then hold. */
  @Test
  final void programsRunAgainAndAgain() {
    try (Fixture fixture = new Fixture();
        Placement placement = new Placement(fixture, backend);
        HostBuffer host = HostBuffer.allocate(3 * Float.BYTES)) {
      Tensor x = placement.tensor(fixture.f32(new float[] {1, 2, 3}, 1, 3));
      Tensor y = placement.tensor(fixture.f32(new float[] {0, 0, 0}, 1, 3));
      Program program = backend.prepare(List.of(new Add(y, x, y, 1), new Add(x, y, x, 1)));
      program.run(backend.stream());
      program.run(backend.stream());
      backend.stream().synchronize();
      backend.download(x, host.segment(), backend.stream());
      assertArrayEquals(new float[] {5, 10, 15}, host.segment().toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  @Test
  final void handsOutZeroedMemory() {
    try (Buffer buffer = backend.allocate(1000);
        HostBuffer host = HostBuffer.allocate(1000)) {
      host.segment().fill((byte) 1);
      Tensor bytes = Tensor.of(DType.U8, Shape.of(1000), buffer, 0);
      backend.download(bytes, host.segment(), backend.stream());
      for (long i = 0; i < 1000; i++) {
        if (host.segment().get(ValueLayout.JAVA_BYTE, i) != 0) {
          fail("byte " + i + " of fresh memory is not zero");
        }
      }
    }
  }

  private record ForeignBuffer(long byteSize) implements Buffer {
    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
