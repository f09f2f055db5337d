package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.quant.Codecs;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Results are the same to the bit whatever else is in the step and however many threads run. */
class BitwiseTest {
  private static final List<DType> WEIGHTS =
      Arrays.stream(DType.values())
          .filter(dtype -> dtype.isBlock() || dtype.name().matches("B?F16|F32|F8.*"))
          .filter(dtype -> dtype != DType.Q8_1 && dtype != DType.Q8_K)
          .toList();

  private static float[] linear(CpuBackend backend, Tensor x, Tensor weight) {
    Tensor out = TestTensors.empty(x.dim(0), weight.dim(0));
    backend.launch(new Linear(x, weight, null, null, out, 1f), backend.stream());
    return TestTensors.values(out);
  }

  @ParameterizedTest
  @EnumSource(CpuOptions.Kernels.class)
  void linearDoesNotDependOnTokensOrThreads(CpuOptions.Kernels kernels) {
    Random random = new Random(7);
    try (CpuBackend one = CpuBackend.open(new CpuOptions(1, kernels));
        CpuBackend three = CpuBackend.open(new CpuOptions(3, kernels))) {
      for (DType dtype : WEIGHTS) {
        int block = dtype.blockValues();
        for (int k : dtype.isBlock() ? new int[] {block, 9 * block} : new int[] {1, 17, 353}) {
          Tensor weight = TestTensors.encoded(random, dtype, 35, k);
          Tensor x = TestTensors.random(random, 7, k);
          float[] whole = linear(one, x, weight);
          String name = kernels + " " + dtype + " k=" + k;
          assertArrayEquals(whole, linear(three, x, weight), name + " on three threads");
          for (int from = 0, count = 1; from + count <= 7; from += count, count++) {
            float[] part = linear(three, x.slice(0, from, from + count), weight);
            for (int i = 0; i < part.length; i++) {
              assertEquals(whole[from * 35 + i], part[i], name + " T=" + count + " at " + i);
            }
          }
        }
      }
    }
  }

  /** Kernels that round activations to integers change their scale on the way along a row. */
  @Test
  void linearDoesNotDependOnTokensWhereMagnitudesDiffer() {
    Random random = new Random(11);
    int k = 5 * 512 + 256;
    try (CpuBackend backend = CpuBackend.open(new CpuOptions(2, CpuOptions.Kernels.VECTOR))) {
      for (DType dtype : WEIGHTS) {
        Tensor weight = TestTensors.encoded(random, dtype, 35, k);
        float[] values = TestTensors.peaky(random, 7 * k);
        for (int i = 0; i < values.length; i++) {
          int piece = i / k * 7 + i % k / 512;
          values[i] = Math.scalb(values[i], (piece * 11 % 31 - 15) * 3);
        }
        Tensor x = TestTensors.of(values, 7, k);
        float[] whole = linear(backend, x, weight);
        assertNear(weight, values, whole, dtype.name());
        for (int t = 0; t < 7; t++) {
          float[] alone = linear(backend, x.slice(0, t, t + 1), weight);
          assertArrayEquals(
              Arrays.copyOfRange(whole, 35 * t, 35 * t + 35), alone, dtype + " token " + t);
        }
      }
    }
  }

  /** Each piece of activations keeps at least eight bits. */
  private static void assertNear(Tensor weight, float[] x, float[] out, String name) {
    float[] w = TestTensors.values(weight);
    int k = (int) weight.dim(1);
    for (int t = 0; t < out.length / 35; t++) {
      for (int n = 0; n < 35; n++) {
        double sum = 0;
        double squares = 0;
        double largest = 0;
        for (int i = 0; i < k; i++) {
          double product = (double) w[n * k + i] * x[t * k + i];
          sum += product;
          squares += (double) w[n * k + i] * w[n * k + i];
          largest = Math.max(largest, Math.abs(x[t * k + i]));
        }
        if (Double.isFinite(sum)) {
          double allowed = largest * Math.sqrt(squares) / 100;
          assertEquals(sum, out[t * 35 + n], allowed, name + " token " + t + " row " + n);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CpuOptions.Kernels.class)
  void expertsDoNotDependOnCompany(CpuOptions.Kernels kernels) {
    Random random = new Random(8);
    Tensor weight = TestTensors.encoded(random, DType.Q8_0, 5, 33, 64);
    Tensor x = TestTensors.random(random, 6, 64);
    Tensor combine = TestTensors.random(random, 6, 2);
    int[][] ids = {{0, 4}, {4, 1}, {1, 0}, {4, 0}, {2, 4}, {4, 2}};
    try (CpuBackend one = CpuBackend.open(new CpuOptions(1, kernels));
        CpuBackend three = CpuBackend.open(new CpuOptions(3, kernels))) {
      Tensor whole = TestTensors.empty(6, 33);
      Tensor chosen = TestTensors.ints(ids);
      three.launch(
          new GroupedLinear(x, weight, null, chosen, combine, null, whole), three.stream());
      for (int t = 0; t < 6; t++) {
        Tensor alone = TestTensors.empty(1, 33);
        one.launch(
            new GroupedLinear(
                x.slice(0, t, t + 1),
                weight,
                null,
                chosen.slice(0, t, t + 1),
                combine.slice(0, t, t + 1),
                null,
                alone),
            one.stream());
        assertArrayEquals(
            TestTensors.values(whole.slice(0, t, t + 1)), TestTensors.values(alone), "token " + t);
      }
    }
  }

  /** Appends and attends tokens [from, to) of a sequence that is alone, on the given pages. */
  private static void step(
      CpuBackend backend,
      Tensor[] qkv,
      Tensor out,
      Tensor[] caches,
      int from,
      int to,
      int pageSize,
      int[] pages,
      int window) {
    RaggedBatch batch =
        TestTensors.batch(pageSize, new int[] {to - from}, new int[] {to}, new int[][] {pages});
    Tensor q = qkv[0].slice(0, from, to);
    RopeAppend append =
        new RopeAppend(
            q,
            qkv[1].slice(0, from, to),
            qkv[2].slice(0, from, to),
            null,
            RopeStyle.HALF,
            0,
            batch.slotMapping(),
            caches[0],
            caches[1]);
    Attention attention =
        new Attention(
            q,
            caches[0],
            caches[1],
            out.slice(0, from, to),
            null,
            batch,
            0.2f,
            true,
            window,
            0f,
            null,
            null);
    backend.launch(append, backend.stream());
    backend.launch(attention, backend.stream());
  }

  private static Tensor poisoned(DType dtype, long... dims) {
    Tensor cache = Tensor.allocateHost(dtype, dims);
    HostBuffer.segmentOf(cache).fill((byte) 0x7f);
    return cache;
  }

  @ParameterizedTest
  @EnumSource(CpuOptions.Kernels.class)
  void attentionDoesNotDependOnChunksPagesOrThreads(CpuOptions.Kernels kernels) {
    int[] ends = {1, 2, 9, 40, 41, 64, 65, 128, 129, 149, 150};
    try (CpuBackend one = CpuBackend.open(new CpuOptions(1, kernels));
        CpuBackend three = CpuBackend.open(new CpuOptions(3, kernels))) {
      for (DType dtype : new DType[] {DType.F32, DType.F16, DType.BF16, DType.F8_E4M3}) {
        assertCutsAgree(three, one, dtype, 6, 40, 50, ends);
        assertCutsAgree(one, three, dtype, 14, 32, 50, ends);
      }
      for (DType dtype : new DType[] {DType.Q8_0, DType.Q4_0, DType.Q5_1}) {
        assertCutsAgree(three, one, dtype, 6, 32, 50, ends);
        assertCutsAgree(one, three, dtype, 2, 96, 0, ends);
      }
    }
  }

  /** Long enough for several splits of the keys, which three workers take side by side. */
  @ParameterizedTest
  @EnumSource(CpuOptions.Kernels.class)
  void attentionDoesNotDependOnSplits(CpuOptions.Kernels kernels) {
    int split = AttentionPass.SPLIT;
    int[] ends = {split - 1, split, split + 1, 2 * split + 70, 2 * split + 71, 2 * split + 73};
    try (CpuBackend one = CpuBackend.open(new CpuOptions(1, kernels));
        CpuBackend three = CpuBackend.open(new CpuOptions(3, kernels))) {
      for (int window : new int[] {0, split + 100}) {
        assertCutsAgree(one, three, DType.F16, 6, 32, window, ends);
        assertCutsAgree(three, one, DType.Q8_0, 6, 32, window, ends);
      }
    }
  }

  /** A prompt in one step on one page, and the same cut at {@code ends} on scattered pages. */
  private static void assertCutsAgree(
      CpuBackend atOnce,
      CpuBackend inCuts,
      DType dtype,
      int heads,
      int dim,
      int window,
      int[] ends) {
    Random random = new Random(9);
    int tokens = ends[ends.length - 1];
    Tensor[] qkv = {
      TestTensors.random(random, tokens, heads, dim),
      TestTensors.random(random, tokens, 2, dim),
      TestTensors.random(random, tokens, 2, 2 * dim)
    };
    Tensor whole = TestTensors.empty(tokens, heads, 2 * dim);
    Tensor cut = TestTensors.empty(tokens, heads, 2 * dim);
    int room = tokens + 10;
    Tensor[] large = {poisoned(dtype, 1, 2, room, dim), poisoned(dtype, 1, 2, room, 2 * dim)};
    step(atOnce, qkv, whole, large, 0, tokens, room, new int[] {0}, window);
    int pages = Math.ceilDiv(tokens, 16);
    Tensor[] small = {
      poisoned(dtype, pages + 1, 2, 16, dim), poisoned(dtype, pages + 1, 2, 16, 2 * dim)
    };
    int[] table = new int[pages];
    Arrays.setAll(table, i -> pages - i);
    int from = 0;
    for (int to : ends) {
      step(inCuts, qkv, cut, small, from, to, 16, table, window);
      from = to;
    }
    String what = "%s %s, %d heads of %d".formatted(atOnce.kernels(), dtype, heads, dim);
    assertArrayEquals(TestTensors.values(whole), TestTensors.values(cut), what);
  }

  @Test
  void decodersAgreeWithTheCodecsToTheBit() {
    Random random = new Random(10);
    MatrixKernels kernels =
        KernelChoice.choose(new CpuOptions(1, CpuOptions.Kernels.AUTO)).matrix();
    for (DType dtype : WEIGHTS) {
      int count = dtype.isBlock() ? 9 * dtype.blockValues() : 333;
      Tensor encoded = TestTensors.encoded(random, dtype, 1, count);
      assertDecodes(kernels, encoded, count);
    }
    Tensor halves = Tensor.allocateHost(DType.F16, 1 << 16);
    for (int i = 0; i < 1 << 16; i++) {
      HostBuffer.segmentOf(halves)
          .set(java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) i);
    }
    assertDecodes(kernels, halves, 1 << 16);
  }

  private static void assertDecodes(MatrixKernels kernels, Tensor encoded, int count) {
    float[] expected = new float[count];
    float[] actual = new float[count];
    var memory = HostBuffer.segmentOf(encoded);
    Codecs.of(encoded.dtype()).decode(memory, 0, expected, 0, count);
    kernels.decode(encoded.dtype(), memory, 0, actual, 0, count);
    assertArrayEquals(expected, actual, encoded.toString());
  }
}
