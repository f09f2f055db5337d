package dev.levin.formats.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.gguf.GgufType;
import dev.levin.formats.gguf.GgufWriter;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole models: the demo against files that another implementation quantised, and small ones. */
class QuantizerTest {
  private static final long SEED = 42;

  @TempDir Path folder;

  private Path quantiseDemo(DType dtype) throws IOException {
    Path written = folder.resolve("demo.gguf");
    try (ModelSource source = ModelFiles.open(Golden.embeddedDemo())) {
      new Quantizer(source, Recipe.uniform(dtype)).write(written);
    }
    return written;
  }

  @Test
  void theDemoBecomesTheGoldenFile() throws IOException {
    try (ModelSource actual = ModelFiles.open(quantiseDemo(DType.Q8_0));
        ModelSource expected = ModelFiles.open(Golden.path("demo/levin-demo-Q8_0.gguf"))) {
      assertEquals(List.copyOf(expected.weights().names()), List.copyOf(actual.weights().names()));
      for (String name : expected.weights().names()) {
        Tensor want = expected.weights().get(name);
        Tensor got = actual.weights().get(name);
        assertEquals(want.toString(), got.toString(), name);
        assertArrayEquals(bytes(want), bytes(got), name);
      }
      Map<String, Object> metadata = new LinkedHashMap<>(actual.metadata().values());
      assertEquals(2L, metadata.remove("general.quantization_version"));
      assertEquals(expected.metadata().values(), metadata);
    }
  }

  /**
   * The golden Q4_0 file comes from an encoder that rounds between multiplying by the inverse scale
   * and adding 8.5; the codec fuses the two, as the reference does when compiled for machines with
   * FMA. Codes may differ, by one, where a value lies in the middle of two levels.
   */
  @Test
  void theDemoInFourBitsDiffersInTiesOnly() throws IOException {
    int ties = 0;
    try (ModelSource source = ModelFiles.open(Golden.embeddedDemo());
        ModelSource actual = ModelFiles.open(quantiseDemo(DType.Q4_0));
        ModelSource expected = ModelFiles.open(Golden.path("demo/levin-demo-Q4_0.gguf"))) {
      for (String name : expected.weights().names()) {
        assertEquals(
            expected.weights().get(name).toString(), actual.weights().get(name).toString());
        float[] values = floats(source.weights().get(name));
        float[] want = floats(expected.weights().get(name));
        float[] got = floats(actual.weights().get(name));
        for (int i = 0; i < want.length; i++) {
          if (want[i] != got[i]) {
            ties++;
            float step = Math.abs(want[i] - got[i]);
            float middle = (want[i] + got[i]) / 2;
            assertEquals(middle, values[i], 0.002 * step, name + " value " + i);
          }
        }
      }
    }
    assertTrue(ties < 400, ties + " of 4 million");
  }

  /** Bands lie around what was measured on this model. */
  @ParameterizedTest
  @CsvSource({
    "Q2_K, 0.20, 0.28",
    "Q3_K_M, 0.10, 0.16",
    "Q4_K_M, 0.055, 0.075",
    "Q5_K_M, 0.026, 0.038",
    "Q6_K, 0.015, 0.019",
    "IQ4_XS, 0.060, 0.080"
  })
  void realWeightsLoseWhatTheTypeCosts(String mix, double least, double most) throws IOException {
    Path written = folder.resolve("demo.gguf");
    try (ModelSource source = ModelFiles.open(Golden.embeddedDemo())) {
      new Quantizer(source, Recipe.mix(mix)).write(written);
      try (ModelSource actual = ModelFiles.open(written)) {
        double errors = 0;
        double squares = 0;
        for (String name : source.weights().names()) {
          float[] want = floats(source.weights().get(name));
          float[] got = floats(actual.weights().get(name));
          for (int i = 0; i < want.length; i++) {
            errors += Math.pow(want[i] - got[i], 2);
            squares += Math.pow(want[i], 2);
          }
        }
        double error = Math.sqrt(errors / squares);
        assertTrue(error > least && error < most, mix + " relative error " + error);
        assertEquals(DType.Q6_K, actual.weights().get("output.weight").dtype());
        assertEquals(DType.F32, actual.weights().get("output_norm.weight").dtype());
        assertEquals(
            (long) Recipe.mix(mix).fileType(), actual.metadata().values().get("general.file_type"));
      }
    }
  }

  @Test
  void threadsDoNotChangeTheBytes() throws IOException {
    Path one = folder.resolve("one.gguf");
    Path three = folder.resolve("three.gguf");
    try (ModelSource source = ModelFiles.open(small(DType.F32))) {
      Recipe recipe = Recipe.mix("Q4_K_M");
      new Quantizer(source, recipe).threads(1).write(one);
      new Quantizer(source, recipe).threads(3).write(three);
      assertEquals(-1, Files.mismatch(one, three));
    }
  }

  @Test
  void progressEndsAtTheSizeOfAllTensors() throws IOException {
    long[] last = {0};
    try (ModelSource source = ModelFiles.open(small(DType.BF16))) {
      Quantizer quantizer = new Quantizer(source, Recipe.mix("Q4_K_S"));
      long total = quantizer.plan().stream().mapToLong(TensorPlan::bytesAfter).sum();
      quantizer
          .progress(
              (tensor, done, all) -> {
                assertTrue(done > last[0], tensor.name() + " at " + done);
                assertEquals(total, all);
                last[0] = done;
              })
          .write(folder.resolve("out.gguf"));
      assertEquals(total, last[0]);
    }
  }

  @Test
  void importanceOfExpertsIsTheirOwn() throws IOException {
    float[] importance = new float[2 * 256];
    Random random = new Random(SEED);
    for (int i = 0; i < importance.length; i++) {
      importance[i] = (float) Math.exp(2 * random.nextGaussian());
    }
    String name = "blk.0.ffn_up_exps.weight";
    try (ModelSource source = ModelFiles.open(small(DType.F32))) {
      Recipe recipe = Recipe.uniform(DType.Q3_K);
      Path plain = folder.resolve("plain.gguf");
      Path weighted = folder.resolve("weighted.gguf");
      new Quantizer(source, recipe).write(plain);
      new Quantizer(source, recipe).importance(Map.of(name, importance)).write(weighted);
      double before = weightedError(source, plain, name, importance);
      double after = weightedError(source, weighted, name, importance);
      assertTrue(after < 0.9 * before, "weighted " + after + ", plain " + before);
    }
  }

  private static double weightedError(
      ModelSource source, Path quantised, String name, float[] importance) {
    try (ModelSource model = ModelFiles.open(quantised)) {
      float[] want = floats(source.weights().get(name));
      float[] got = floats(model.weights().get(name));
      double error = 0;
      for (int i = 0; i < want.length; i++) {
        int expert = i / (want.length / 2);
        error += importance[expert * 256 + i % 256] * Math.pow(want[i] - got[i], 2);
      }
      return Math.sqrt(error);
    }
  }

  @Test
  void overridesComeBeforeTheRecipe() throws IOException {
    try (ModelSource source = ModelFiles.open(small(DType.F32))) {
      Quantizer quantizer =
          new Quantizer(source, Recipe.mix("Q4_K_M"))
              .override(Pattern.compile("attn_q"), DType.Q8_0)
              .override(Pattern.compile("attn"), DType.Q5_0);
      Map<String, DType> types = new LinkedHashMap<>();
      quantizer.plan().forEach(plan -> types.put(plan.name(), plan.to()));
      assertEquals(DType.Q8_0, types.get("blk.0.attn_q.weight"));
      assertEquals(DType.Q5_0, types.get("blk.0.attn_v.weight"));
      assertEquals(DType.F32, types.get("blk.0.attn_norm.weight"));
      assertEquals(DType.F32, types.get("blk.0.ffn_gate_inp.weight"));
    }
  }

  /** A source of blocks of 256 read in pieces that blocks of 32 begin and end in. */
  @Test
  void quantisedSourcesNeedLeave() throws IOException {
    Path first = folder.resolve("first.gguf");
    Path second = folder.resolve("second.gguf");
    try (ModelSource source = ModelFiles.open(small(DType.F32))) {
      new Quantizer(source, Recipe.uniform(DType.Q6_K)).write(first);
    }
    try (ModelSource source = ModelFiles.open(first)) {
      Quantizer quantizer = new Quantizer(source, Recipe.uniform(DType.Q8_0)).threads(3);
      String message =
          assertThrows(ModelFormatException.class, () -> quantizer.write(second)).getMessage();
      assertTrue(message.contains("'token_embd.weight' is Q6_K already"), message);
      assertFalse(Files.exists(second));
      quantizer.fromQuantised(true).write(second);
      try (ModelSource again = ModelFiles.open(second)) {
        for (String name : source.weights().names()) {
          Tensor want = source.weights().get(name);
          Tensor got = again.weights().get(name);
          byte[] blocks = bytes(got);
          if (got.dtype() == DType.Q8_0) {
            float[] values = floats(want);
            Codecs.of(DType.Q8_0)
                .encode(values, 0, MemorySegment.ofArray(blocks), 0, values.length);
          }
          assertArrayEquals(blocks, bytes(got), name);
        }
      }
    }
  }

  @Test
  void metadataKeepsItsTypes() throws IOException {
    Path file = folder.resolve("types.gguf");
    GgufWriter writer = new GgufWriter().alignment(64);
    writer.putString("general.architecture", "llama");
    Object[] numbers = {
      200,
      -3,
      60_000,
      -300,
      4_000_000_000L,
      -70_000,
      1.5f,
      null,
      null,
      null,
      new BigInteger("18446744073709551615"),
      -5L,
      0.1
    };
    for (GgufType type : GgufType.values()) {
      if (numbers[type.ordinal()] != null) {
        writer.put("a." + type, type, numbers[type.ordinal()]);
        writer.putArray("b." + type, type, List.of(numbers[type.ordinal()], 7));
      }
    }
    writer.putBool("a.bool", true).putArray("b.bool", GgufType.BOOL, List.of(true, false));
    writer.putArray("b.string", GgufType.STRING, List.of("", "ä\n"));
    writer.putUint32("general.file_type", 1);
    writer.tensor("output.weight", DType.F32, Shape.of(2, 32), zeros(256));
    writer.write(file);
    Path written = folder.resolve("out.gguf");
    try (ModelSource source = ModelFiles.open(file)) {
      new Quantizer(source, Recipe.uniform(DType.Q8_0)).write(written);
      try (ModelSource copy = ModelFiles.open(written)) {
        Map<String, Object> expected = new LinkedHashMap<>(source.metadata().values());
        expected.put("general.file_type", 7L);
        expected.put("general.quantization_version", 2L);
        assertEquals(expected, copy.metadata().values());
        assertEquals(0, copy.weights().get("output.weight").offset() % 64);
      }
    }
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    Path file = small(DType.F32);
    Path target = folder.resolve("out.gguf");
    try (ModelSource source = ModelFiles.open(file)) {
      Quantizer quantizer = new Quantizer(source, Recipe.mix("Q8_0"));
      assertRefused("over itself", () -> quantizer.write(file));
      assertRefused("0 threads", () -> quantizer.threads(0));
      assertRefused(
          "'blk.9.x', which the model does not have",
          () -> quantizer.importance(Map.of("blk.9.x", new float[1])).write(target));
      assertRefused(
          "has 256 columns, importance is given for 3",
          () -> quantizer.importance(Map.of("token_embd.weight", new float[3])).write(target));
      float[] negative = new float[256];
      negative[5] = -1;
      assertRefused(
          "importance 5 of tensor 'token_embd.weight' is -1.0",
          () -> quantizer.importance(Map.of("token_embd.weight", negative)).write(target));
      assertRefused(
          "cannot be quantised to Q8_K",
          () -> quantizer.override(Pattern.compile("x"), DType.Q8_K));
    }
    assertRefused("no quantisation 'Q4_X'; there are", () -> Recipe.mix("Q4_X"));
    assertRefused("cannot be quantised to I32", () -> Recipe.uniform(DType.I32));
    try (ModelSource folderModel = ModelFiles.open(Golden.path("models/llama"))) {
      assertRefused("only GGUF models", () -> new Quantizer(folderModel, Recipe.mix("Q8_0")));
    }
    assertFalse(Files.exists(target));
  }

  private static void assertRefused(String part, org.junit.jupiter.api.function.Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part), message);
    assertFalse(message.contains("\n"), message);
  }

  @Test
  void weightsThatAreNotFiniteAreNamed() throws IOException {
    float[] values = new float[3 * 64];
    values[64 + 7] = Float.NaN;
    Path file = folder.resolve("nan.gguf");
    new GgufWriter()
        .putString("general.architecture", "llama")
        .tensor("output.weight", DType.F32, Shape.of(3, 64), segment(values))
        .write(file);
    Path target = folder.resolve("out.gguf");
    for (int threads : new int[] {1, 3}) {
      try (ModelSource source = ModelFiles.open(file)) {
        Quantizer quantizer = new Quantizer(source, Recipe.mix("Q8_0")).threads(threads);
        String message =
            assertThrows(ModelFormatException.class, () -> quantizer.write(target)).getMessage();
        assertTrue(message.contains("'output.weight' holds NaN in row 1, column 7"), message);
      }
      try (var files = Files.list(folder)) {
        assertEquals(1, files.count(), "nothing is left behind");
      }
    }
  }

  /** A model of two experts whose rows are longer than what is encoded at a time. */
  private Path small(DType dtype) throws IOException {
    Path file = folder.resolve("small.gguf");
    GgufWriter writer = new GgufWriter().putString("general.architecture", "llama");
    add(writer, dtype, "token_embd.weight", 300, 256);
    add(writer, dtype, "output.weight", 3, 17 * 1024);
    add(writer, DType.F32, "blk.0.attn_norm.weight", 256);
    add(writer, dtype, "blk.0.attn_q.weight", 256, 256);
    add(writer, dtype, "blk.0.attn_v.weight", 31, 256);
    add(writer, DType.F32, "blk.0.ffn_gate_inp.weight", 2, 256);
    add(writer, dtype, "blk.0.ffn_up_exps.weight", 2, 40, 256);
    add(writer, dtype, "blk.0.ffn_down_exps.weight", 2, 256, 160);
    writer.write(file);
    return file;
  }

  private static void add(GgufWriter writer, DType dtype, String name, long... dims) {
    Shape shape = Shape.of(dims);
    Random random = new Random(SEED ^ name.hashCode());
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.05 * random.nextGaussian());
    }
    byte[] bytes = new byte[(int) dtype.bytes(shape)];
    Codecs.of(dtype).encode(values, 0, MemorySegment.ofArray(bytes), 0, values.length);
    writer.tensor(name, dtype, shape, MemorySegment.ofArray(bytes));
  }

  private static MemorySegment zeros(int bytes) {
    return MemorySegment.ofArray(new byte[bytes]);
  }

  private static MemorySegment segment(float[] values) {
    byte[] bytes = new byte[4 * values.length];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return segment;
  }

  private static byte[] bytes(Tensor tensor) {
    return HostBuffer.segmentOf(tensor)
        .asSlice(tensor.offset(), tensor.byteSize())
        .toArray(ValueLayout.JAVA_BYTE);
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    Codecs.of(tensor.dtype())
        .decode(HostBuffer.segmentOf(tensor), tensor.offset(), values, 0, values.length);
    return values;
  }

  @Test
  void mixesAreListedBySize() {
    List<String> names = Recipe.mixNames();
    assertEquals(names.size(), names.stream().distinct().count());
    double[] bits = names.stream().mapToDouble(n -> Recipe.mix(n).base().bitsPerValue()).toArray();
    double[] sorted = bits.clone();
    Arrays.sort(sorted);
    assertArrayEquals(sorted, bits);
  }
}
