package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Linear;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Scales that are infinite or NaN give what floats give, in all formats that vectors multiply as
 * integers. Runs at the preferred width, and in a JVM of its own at 256 bits: see the build file.
 */
class VectorScalesTest {
  private static final boolean NARROW = "256".equals(System.getProperty("levin.cpu.vectorBits"));

  /** Formats whose kernels for 512 bits say that they know no infinite scales. */
  private static final Set<DType> NUMBERS = Set.of(DType.Q4_0, DType.IQ4_NL);

  private static final int ROWS = 37;
  private static final int K = 512;
  private static final int TOKENS = 6;
  private static final short[] HALVES = {0x7c00, (short) 0xfc00, 0x7e00, (short) 0xfe01, 0x7bff};

  private final Random random = new Random(23);
  private CpuBackend integers;
  private CpuBackend floats;

  @BeforeEach
  void open() {
    integers = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.VECTOR, Gemm.INT8));
    floats = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.SCALAR));
  }

  @AfterEach
  void close() {
    integers.close();
    floats.close();
  }

  private static float[] product(CpuBackend backend, Tensor x, Tensor weight) {
    Tensor out = TestTensors.empty(x.dim(0), ROWS);
    backend.launch(new Linear(x, weight, null, null, out, 1f), backend.stream());
    return TestTensors.values(out);
  }

  /** Every third row has one in its second block. */
  private Tensor weight(DType dtype, int scaleAt) {
    Tensor weight = TestTensors.encoded(random, dtype, ROWS, K);
    MemorySegment memory = HostBuffer.segmentOf(weight);
    for (int r = 0; r < ROWS; r += 3) {
      long block = r * dtype.rowBytes(K) + dtype.blockBytes();
      short half = HALVES[r / 3 % HALVES.length];
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, block + scaleAt, half);
    }
    return weight;
  }

  private Tensor activations() {
    float[] x = TestTensors.peaky(random, TOKENS * K);
    for (int i = 0; i < K; i++) {
      x[i] = Math.abs(x[i]);
      x[K + i] = i < K / 2 ? 0 : x[K + i];
    }
    return TestTensors.of(x, TOKENS, K);
  }

  @ParameterizedTest
  @CsvSource({
    "Q4_0,0", "Q4_1,0", "Q4_1,2", "Q5_0,0", "Q5_1,0", "Q5_1,2", "IQ4_NL,0", "Q2_K,80",
    "Q2_K,82", "Q3_K,108", "Q4_K,0", "Q4_K,2", "Q5_K,0", "Q5_K,2", "Q6_K,208", "TQ1_0,52",
    "TQ2_0,64"
  })
  void infiniteScalesGiveWhatFloatsGive(DType dtype, int scaleAt) {
    assumeTrue(NARROW || !NUMBERS.contains(dtype), "vectors of 512 bits read them as numbers");
    Tensor x = activations();
    Tensor weight = weight(dtype, scaleAt);
    float[] expected = product(floats, x, weight);
    assertSame(expected, product(integers, x, weight), 0);
    for (int t = 0; t < TOKENS; t++) {
      assertSame(expected, product(integers, x.slice(0, t, t + 1), weight), t * ROWS);
    }
  }

  private static void assertSame(float[] expected, float[] actual, int from) {
    for (int i = 0; i < actual.length; i++) {
      float want = expected[from + i];
      float got = actual[i];
      if (!Float.isFinite(want) || !Float.isFinite(got)) {
        assertEquals(want, got, "product " + (from + i));
      }
    }
  }
}
