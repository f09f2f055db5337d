package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Linear;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels that scale activations, at both ends of what floats can hold. */
class VectorExtremesTest {
  private static final int ROWS = 35;
  private static final int K = 96;

  /** What the values of a token are multiplied by. */
  private static final float[] FACTORS = {
    1, 0, 1e-45f, 1e-38f, 1e-20f, 3000, 0x1p14f, 0x1p16f, 1e20f, 1e30f, Float.NaN
  };

  private final Random random = new Random(17);
  private CpuBackend backend;

  @BeforeEach
  void open() {
    backend = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.VECTOR));
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

  private Tensor tokens() {
    float[] x = TestTensors.peaky(random, FACTORS.length * K);
    for (int i = 0; i < x.length; i++) {
      x[i] *= FACTORS[i / K];
    }
    return TestTensors.of(x, FACTORS.length, K);
  }

  private Tensor halves(int bits) {
    Tensor weight = Tensor.allocateHost(DType.F16, ROWS, K);
    MemorySegment memory = HostBuffer.segmentOf(weight);
    for (long at = 0; at < memory.byteSize(); at += 2) {
      short half = (short) (random.nextInt(1 << 16) & bits);
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, half);
    }
    return weight;
  }

  private void assertAloneAsTogether(Tensor x, Tensor weight, float[] together) {
    for (int t = 0; t < FACTORS.length; t++) {
      float[] alone = product(x.slice(0, t, t + 1), weight);
      assertArrayEquals(
          Arrays.copyOfRange(together, t * ROWS, (t + 1) * ROWS), alone, "token " + t);
    }
  }

  private static void assertNear(Tensor x, Tensor weight, float[] actual, double error) {
    float[] w = TestTensors.values(weight);
    float[] a = TestTensors.values(x);
    for (int i = 0; i < actual.length; i++) {
      double sum = 0;
      double squares = 0;
      double largest = 0;
      for (int j = 0; j < K; j++) {
        double value = w[i % ROWS * K + j];
        sum += value * a[i / ROWS * K + j];
        squares += value * value;
        largest = Math.max(largest, Math.abs(a[i / ROWS * K + j]));
      }
      if (Double.isNaN(sum)) {
        assertEquals(Float.NaN, actual[i], "product " + i);
        continue;
      }
      // What is lost of subnormal numbers is no matter of the size of the others.
      double allowed = error * largest * Math.sqrt(squares) + 0x1p-90;
      assertEquals(sum, actual[i], allowed, "product " + i);
    }
  }

  /** All bits, those of finite numbers, and those of subnormal ones. */
  @ParameterizedTest
  @ValueSource(ints = {0xffff, 0xfbff, 0x83ff})
  void halvesGiveTheSameBitsAloneAndTogether(int bits) {
    Tensor x = tokens();
    Tensor weight = halves(bits);
    float[] together = product(x, weight);
    assertAloneAsTogether(x, weight, together);
    if (bits != 0xffff) {
      assertNear(x, weight, together, 1e-5);
    }
  }

  @Test
  void activationsRoundToTheScaleOfTheirBlock() {
    Tensor x = tokens();
    Tensor weight = TestTensors.encoded(random, DType.IQ4_NL, ROWS, K);
    float[] together = product(x, weight);
    assertAloneAsTogether(x, weight, together);
    assertNear(x, weight, together, 0.01);
  }
}
