package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.formats.template.ChatMessage;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What the demo model says when its keys and values are kept in fewer bits. */
class KvTypesTest {
  private static final Path DEMO = Golden.path("demo/hf");

  private static final int STORY_TOKENS = 32;

  private static JsonNode expected;

  @BeforeAll
  static void readExpected() throws IOException {
    expected = new ObjectMapper().readTree(Golden.path("demo/expected.json").toFile());
  }

  private static IntStream ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt);
  }

  private static float[] logits(Path model, int[] tokens, int chunk, DType dtype) {
    return LogitsRun.logits(model, tokens, chunk, dtype, UnaryOperator.identity());
  }

  private static int[] generate(Llm llm, JsonNode entry, int maxTokens) {
    String prompt = entry.get("prompt").asText();
    GenerationOptions options = GenerationOptions.builder().maxTokens(maxTokens).build();
    try (Generation generation =
        entry.get("chat").asBoolean()
            ? llm.chat(List.of(ChatMessage.user(prompt)), options)
            : llm.generate(prompt, options)) {
      generation.text();
      return generation.tokens();
    }
  }

  /**
   * Answers have no step closer than 0.05 between the two best logits and hold for every type; the
   * starts of stories, down to 0.003, for F16.
   */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"F16", "BF16", "Q8_0", "F8_E4M3", "F8_E5M2", "Q4_0"})
  void textsStayTheExpectedOnes(DType dtype) {
    LlmOptions options =
        LlmOptions.builder().backend("cpu").contextLength(256).kvDtype(dtype).build();
    try (Llm llm = Llm.load(DEMO, options)) {
      for (JsonNode entry : expected) {
        boolean answer = entry.get("formats").toString().contains("Q8_0");
        if (answer || dtype == DType.F16) {
          int limit = answer ? entry.get("max_tokens").asInt() : STORY_TOKENS;
          assertArrayEquals(
              ints(entry.get("ids")).limit(limit).toArray(),
              generate(llm, entry, limit),
              entry.get("prompt").asText());
        }
      }
    }
  }

  /** Root mean square over a story of 125 tokens; chunks change nothing at all. */
  @ParameterizedTest
  @CsvSource({
    "F16, 0.002",
    "BF16, 0.01",
    "Q8_0, 0.02",
    "F8_E4M3, 0.3",
    "F8_E5M2, 0.6",
    "Q4_0, 0.4"
  })
  void logitsStayClose(DType dtype, double maxError) {
    JsonNode story = expected.get(0);
    int[] tokens =
        IntStream.concat(ints(story.get("prompt_ids")), ints(story.get("ids"))).toArray();
    float[] exact = logits(DEMO, tokens, tokens.length, DType.F32);
    float[] actual = logits(DEMO, tokens, tokens.length, dtype);
    assertBelow(maxError, rootMeanSquare(exact, actual, 0, exact.length));
    int[] start = Arrays.copyOf(tokens, 20);
    assertArrayEquals(logits(DEMO, start, start.length, dtype), logits(DEMO, start, 7, dtype));
  }

  /**
   * Latent attention keeps keys and values in one vector. The median row counts: where two experts
   * are all but tied, rounding sends a token to the other one.
   */
  @ParameterizedTest
  @CsvSource({"F16, 0.001", "BF16, 0.005", "F8_E4M3, 0.05"})
  void latentAttentionStaysClose(DType dtype, double maxError) throws IOException {
    Path golden = Golden.path("models/deepseek-v3");
    int[] tokens = LogitsRun.tokens(golden);
    float[] exact = Golden.floats(golden.resolve("logits.f32"));
    float[] actual = logits(golden, tokens, tokens.length, dtype);
    int vocab = exact.length / tokens.length;
    double[] errors =
        IntStream.range(0, tokens.length)
            .mapToDouble(row -> rootMeanSquare(exact, actual, row * vocab, (row + 1) * vocab))
            .sorted()
            .toArray();
    assertBelow(maxError, errors[tokens.length / 2]);
  }

  private static void assertBelow(double limit, double error) {
    assertTrue(error < limit, () -> error + " is not below " + limit);
  }

  private static double rootMeanSquare(float[] expected, float[] actual, int from, int to) {
    double squares = 0;
    for (int i = from; i < to; i++) {
      double error = expected[i] - actual[i];
      squares += error * error;
    }
    return Math.sqrt(squares / (to - from));
  }

  @Test
  void headsThatCutABlockAreRefused() throws IOException {
    Path golden = Golden.path("models/llama");
    int[] tokens = LogitsRun.tokens(golden);
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> logits(golden, tokens, 7, DType.Q8_0));
    assertEquals(
        golden
            + ": heads of 16 values cannot be cached as Q8_0, whose blocks have 32; choose another"
            + " type of keys and values",
        error.getMessage());
  }
}
