package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Program;
import dev.levin.core.op.Linear;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What keeping copies of ternary weights could get wrong. */
class VectorLookupTest {
  private static final int ROWS = 75;
  private static final int K = 768;

  private final Random random = new Random(5);
  private CpuBackend backend;

  @BeforeEach
  void open() {
    backend = CpuBackend.open(new CpuOptions(3, CpuOptions.Kernels.VECTOR, Gemm.LUT));
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private float[] product(Tensor x, Tensor weight) {
    Tensor out = TestTensors.empty(x.dim(0), weight.dim(0));
    backend.launch(new Linear(x, weight, null, null, out, 1f), backend.stream());
    return TestTensors.values(out);
  }

  /** Within five standard deviations of what rounding to 520 steps may do. */
  private static void assertNear(Tensor x, Tensor weight, float[] actual) {
    float[] w = TestTensors.values(weight);
    float[] a = TestTensors.values(x);
    int rows = (int) weight.dim(0);
    for (int i = 0; i < actual.length; i++) {
      double sum = 0;
      double squares = 0;
      double largest = 0;
      for (int j = 0; j < K; j++) {
        double value = w[i % rows * K + j];
        sum += value * a[i / rows * K + j];
        squares += value * value;
        largest = Math.max(largest, Math.abs(a[i / rows * K + j]));
      }
      double allowed = 5 * largest / 520 / Math.sqrt(12) * Math.sqrt(squares);
      assertEquals(sum, actual[i], allowed + 1e-5, "product " + i);
    }
  }

  private Tensor constant(Arena arena, Tensor weight) {
    MemorySegment memory = arena.allocate(HostBuffer.segmentOf(weight).byteSize(), 64);
    memory.copyFrom(HostBuffer.segmentOf(weight));
    return Tensor.of(
        weight.dtype(), weight.shape(), HostBuffer.wrap(memory.asReadOnly(), arena), 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"TQ1_0", "TQ2_0", "I2_S"})
  void aProductDoesNotDependOnCompany(DType dtype) {
    Tensor weight = TestTensors.encoded(random, dtype, ROWS, K);
    Tensor x = TestTensors.random(random, 9, K);
    float[] whole = product(x, weight);
    assertNear(x, weight, whole);
    for (int t = 0; t < 9; t++) {
      assertArrayEquals(
          Arrays.copyOfRange(whole, t * ROWS, (t + 1) * ROWS),
          product(x.slice(0, t, t + 1), weight),
          dtype + " token " + t);
    }
  }

  @Test
  void copiesAreKeptForConstantWeightsAlone() {
    Tensor x = TestTensors.random(random, 2, K);
    Tensor weight = TestTensors.encoded(random, DType.TQ2_0, ROWS, K);
    Tensor other = TestTensors.encoded(random, DType.TQ2_0, ROWS, K);
    product(x, weight);
    HostBuffer.segmentOf(weight).copyFrom(HostBuffer.segmentOf(other));
    assertArrayEquals(product(x, other), product(x, weight));
  }

  @Test
  void partsOfAConstantWeightAreTheirOwn() {
    Tensor x = TestTensors.random(random, 2, K);
    try (Arena arena = Arena.ofShared()) {
      Tensor weight = constant(arena, TestTensors.encoded(random, DType.TQ2_0, ROWS, K));
      float[] whole = product(x, weight);
      for (int[] cut : new int[][] {{0, 40}, {33, 40}, {40, 75}, {0, 75}, {0, 1}}) {
        float[] part = product(x, weight.slice(0, cut[0], cut[1]));
        for (int i = 0; i < part.length; i++) {
          int rows = cut[1] - cut[0];
          assertEquals(whole[i / rows * ROWS + cut[0] + i % rows], part[i], "rows " + cut[0]);
        }
      }
    }
  }

  @Test
  void closedWeightsAreForgotten() {
    Tensor x = TestTensors.random(random, 1, K);
    for (int round = 0; round < 20; round++) {
      try (Arena arena = Arena.ofShared()) {
        // The allocator gives the same address again as soon as it can.
        Tensor weight = constant(arena, TestTensors.encoded(random, DType.TQ2_0, ROWS, K));
        assertNear(x, weight, product(x, weight));
      }
    }
  }

  @Test
  void aProgramOverClosedWeightsIsAnError() {
    Tensor x = TestTensors.random(random, 1, K);
    Tensor out = TestTensors.empty(1, ROWS);
    Program program;
    try (Arena arena = Arena.ofShared()) {
      Tensor weight = constant(arena, TestTensors.encoded(random, DType.TQ2_0, ROWS, K));
      program = backend.prepare(List.of(new Linear(x, weight, null, null, out, 1f)));
      program.run(backend.stream());
    }
    assertThrows(IllegalStateException.class, () -> program.run(backend.stream()));
  }

  @Test
  void codesThatAreNotTernaryKeepTheirValue() {
    Tensor x = TestTensors.random(random, 2, K);
    Tensor weight = Tensor.allocateHost(DType.TQ2_0, ROWS, K);
    byte[] bytes = new byte[(int) HostBuffer.segmentOf(weight).byteSize()];
    random.nextBytes(bytes);
    for (int i = 64; i < bytes.length; i += 66) {
      bytes[i] = 0;
      bytes[i + 1] = 0x3c;
    }
    HostBuffer.segmentOf(weight).copyFrom(MemorySegment.ofArray(bytes));
    assertNear(x, weight, product(x, weight));
  }
}
