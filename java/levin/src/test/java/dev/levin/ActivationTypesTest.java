package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.template.ChatMessage;
import dev.levin.models.DecoderConfig;
import dev.levin.models.config.Feedforward;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Golden models over activations of 16 bits, on every backend that has them.
 *
 * <p>What may be off. A rounding changes a value by at most u of itself: 2^-11 in F16, 2^-8 in
 * BF16. On the longest way through a layer an activation is rounded nine times: two norms, two sums
 * into the residual stream, projection, rotation, attention, gate and its product; and once when
 * the embedding is looked up. States that logits are made from, and the logits, stay F32. So with n
 * = 1 + 9 L roundings, if they all pointed the same way and no op amplified them, a row of logits
 * would be off by n u of its length; that is the bound. As they do not, n u leaves room of about
 * the root of n, which is how they scatter, for what norms and softmax amplify. In a float64 run
 * over rounded activations the rows of these models are off by 0.6 to 10 u, where the root of n is
 * 4.4 and more.
 *
 * <p>The likeliest token must be the same where it leads by more than two errors of five times that
 * scatter: of a row's logits the worst was 4.8 times as far off as their mean. Where two experts
 * are all but tied, rounding sends a token to the other one; of models with experts the median row
 * counts.
 */
class ActivationTypesTest {
  private static final int ROUNDINGS_PER_LAYER = 9;
  private static final int WORST_OF_A_ROW = 5;

  private static final Map<String, Backend> BACKENDS = new TreeMap<>();

  @BeforeAll
  static void openBackends() {
    for (Backends.Status status : Backends.list()) {
      if (status.availability() instanceof Availability.Ready) {
        BACKENDS.put(status.name(), Backends.open(status.name()));
      }
    }
  }

  @AfterAll
  static void closeBackends() {
    BACKENDS.values().forEach(Backend::close);
    BACKENDS.clear();
  }

  private interface Check {
    void run(Backend backend, DType activations) throws IOException;
  }

  private static Stream<DynamicTest> onEveryBackend(String name, Check check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (Backend backend : BACKENDS.values()) {
      for (DType dtype : backend.activationTypes().stream().sorted().toList()) {
        if (dtype != DType.F32) {
          String test = "%s %s %s".formatted(backend.name(), dtype, name);
          tests.add(DynamicTest.dynamicTest(test, () -> check.run(backend, dtype)));
        }
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> logitsStayClose() {
    return Golden.list("models").stream()
        .flatMap(
            model ->
                onEveryBackend(
                    model.getFileName().toString(),
                    (backend, dtype) -> assertClose(backend, model, dtype)));
  }

  private static void assertClose(Backend backend, Path model, DType dtype) throws IOException {
    DecoderConfig config = config(model);
    boolean routed =
        config.layers().stream()
            .anyMatch(layer -> layer.feedforward() instanceof Feedforward.Experts);
    int roundings = 1 + ROUNDINGS_PER_LAYER * config.numLayers();
    double unit = dtype == DType.F16 ? 0x1p-11 : 0x1p-8;
    int[] tokens = LogitsRun.tokens(model);
    float[] exact = Golden.floats(model.resolve("logits.f32"));
    float[] actual = LogitsRun.logits(backend, model, tokens, tokens.length, DType.F32, dtype);
    int vocab = config.vocabSize();
    double[] errors = new double[tokens.length];
    for (int row = 0; row < errors.length; row++) {
      float[] want = Arrays.copyOfRange(exact, row * vocab, (row + 1) * vocab);
      float[] got = Arrays.copyOfRange(actual, row * vocab, (row + 1) * vocab);
      double size = rootMeanSquare(want, new float[vocab]);
      errors[row] = rootMeanSquare(want, got) / size;
      double scatter = Math.sqrt(roundings) * unit * size;
      boolean close = errors[row] <= roundings * unit;
      if (close && lead(want) > 2 * WORST_OF_A_ROW * scatter) {
        assertEquals(
            LogitsRun.argmax(want, 0, vocab),
            LogitsRun.argmax(got, 0, vocab),
            "likeliest token of row " + row);
      }
    }
    Arrays.sort(errors);
    double judged = errors[routed ? errors.length / 2 : errors.length - 1];
    assertTrue(
        judged <= roundings * unit,
        () -> "off by %.2g of a row's length > %.2g".formatted(judged, roundings * unit));
    assertTrue(errors[errors.length - 1] > unit / 4, "nothing was rounded");
  }

  private static DecoderConfig config(Path model) {
    try (ModelSource source = ModelFiles.open(model)) {
      return DecoderConfig.read(source.metadata(), source.naming(), source.weights());
    }
  }

  private static double rootMeanSquare(float[] a, float[] b) {
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      squares += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    }
    return Math.sqrt(squares / a.length);
  }

  /** How far the highest value is above the second. */
  private static double lead(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    return (double) sorted[sorted.length - 1] - sorted[sorted.length - 2];
  }

  @TestFactory
  Stream<DynamicTest> chunksChangeNothing() {
    return Stream.of("llama", "mamba2", "qwen3-moe")
        .flatMap(
            name -> onEveryBackend(name, (backend, dtype) -> sameInChunks(backend, name, dtype)));
  }

  private static void sameInChunks(Backend backend, String name, DType dtype) throws IOException {
    Path model = Golden.path("models/" + name);
    int[] tokens = Arrays.copyOf(LogitsRun.tokens(model), 20);
    assertArrayEquals(
        LogitsRun.logits(backend, model, tokens, tokens.length, DType.F32, dtype),
        LogitsRun.logits(backend, model, tokens, 7, DType.F32, dtype));
  }

  /** The answers, whose two best logits are at least 0.05 apart at every step. */
  @TestFactory
  Stream<DynamicTest> answersStayTheExpectedOnes() {
    return onEveryBackend(
        "demo",
        (backend, dtype) ->
            assertAnswers(backend.name(), Golden.path("demo/levin-demo-Q8_0.gguf"), dtype));
  }

  private static void assertAnswers(String backend, Path model, DType dtype) throws IOException {
    JsonNode all = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
    LlmOptions options =
        LlmOptions.builder().backend(backend).contextLength(256).activations(dtype).build();
    try (Llm llm = Llm.load(model, options)) {
      for (JsonNode entry : all) {
        if (entry.get("formats").toString().contains("Q8_0")) {
          assertArrayEquals(ids(entry), answer(llm, entry), entry.get("prompt").asText());
        }
      }
    }
  }

  private static int[] ids(JsonNode entry) {
    return StreamSupport.stream(entry.get("ids").spliterator(), false)
        .flatMapToInt(id -> IntStream.of(id.asInt()))
        .toArray();
  }

  private static int[] answer(Llm llm, JsonNode entry) {
    String prompt = entry.get("prompt").asText();
    GenerationOptions options =
        GenerationOptions.builder().maxTokens(entry.get("max_tokens").asInt()).build();
    try (Generation generation =
        entry.get("chat").asBoolean()
            ? llm.chat(List.of(ChatMessage.user(prompt)), options)
            : llm.generate(prompt, options)) {
      generation.text();
      return generation.tokens();
    }
  }

  @Test
  void backendsWithoutThemSaySo() {
    LlmOptions options = LlmOptions.builder().backend("cpu").activations(DType.BF16).build();
    Path model = Golden.path("models/llama");
    DeviceException error = assertThrows(DeviceException.class, () -> Llm.load(model, options));
    assertEquals(DeviceException.Kind.UNSUPPORTED, error.kind());
    assertEquals(
        "the cpu backend has no activations of BF16, only F32; choose another type or backend",
        error.getMessage());
  }
}
