package dev.levin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.models.Batch;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every golden model, from Hugging Face folders and GGUF files, against the logits transformers
 * computed in float32: whole prompt, chunks of 7, one token at a time.
 */
class GoldenLogitsTest {
  private static final float MAX_ERROR = 1e-3f;
  private static final int PAGE_SIZE = 16;
  private static final int NUM_PAGES = 8;

  private static final Map<String, Backend> BACKENDS = new TreeMap<>();

  /** The CPU, and what else this machine has. */
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

  @TestFactory
  Stream<DynamicTest> huggingFaceFolders() {
    return onEveryBackend(Golden.list("models"), folder -> folder);
  }

  @TestFactory
  Stream<DynamicTest> ggufFiles() {
    return onEveryBackend(
        Golden.list("gguf"),
        file -> {
          String name = file.getFileName().toString();
          return Golden.path("models/" + name.substring(0, name.lastIndexOf('.')));
        });
  }

  private static Stream<DynamicTest> onEveryBackend(
      List<Path> models, UnaryOperator<Path> goldenOf) {
    return BACKENDS.entrySet().stream()
        .flatMap(
            entry ->
                models.stream()
                    .map(
                        model ->
                            DynamicTest.dynamicTest(
                                entry.getKey() + " " + model.getFileName(),
                                () -> check(entry.getValue(), model, goldenOf.apply(model)))));
  }

  private static void check(Backend backend, Path model, Path golden) throws IOException {
    int[] tokens =
        new ObjectMapper().readValue(golden.resolve("tokens.json").toFile(), int[].class);
    float[] expected = Golden.floats(golden.resolve("logits.f32"));
    try (ModelSource source = ModelFiles.open(model)) {
      DecoderConfig config =
          DecoderConfig.read(source.metadata(), source.naming(), source.weights());
      assertEquals(expected.length, tokens.length * config.vocabSize());
      for (int chunk : new int[] {tokens.length, 7, 1}) {
        DecoderOptions options = new DecoderOptions(0, PAGE_SIZE, NUM_PAGES, DType.F32, 1);
        try (Decoder decoder = Decoder.load(config, source.weights(), backend, options)) {
          float[] actual = run(decoder, tokens, chunk, config.vocabSize());
          compare(
              backend.name() + " " + model + " in chunks of " + chunk,
              expected,
              actual,
              config.vocabSize());
        }
      }
    }
  }

  private static float[] run(Decoder decoder, int[] tokens, int chunk, int vocab) {
    int[] pages = IntStream.range(0, NUM_PAGES).map(i -> NUM_PAGES - 1 - i).toArray();
    float[] logits = new float[tokens.length * vocab];
    Batch batch = new Batch();
    for (int start = 0; start < tokens.length; start += chunk) {
      int end = Math.min(tokens.length, start + chunk);
      batch.clear();
      batch.addSequence(end, pages, 0);
      for (int i = start; i < end; i++) {
        int slot = pages[i / PAGE_SIZE] * PAGE_SIZE + i % PAGE_SIZE;
        batch.addToken(tokens[i], i, slot, true);
      }
      MemorySegment rows = decoder.forward(batch);
      MemorySegment.copy(
          rows, ValueLayout.JAVA_FLOAT, 0, logits, start * vocab, (end - start) * vocab);
    }
    return logits;
  }

  private static void compare(String what, float[] expected, float[] actual, int vocab) {
    float worst = 0;
    for (int i = 0; i < expected.length; i++) {
      float error = Math.abs(expected[i] - actual[i]);
      if (!(error <= MAX_ERROR)) {
        fail(
            "%s: logit [%d,%d] is %s, expected %s"
                .formatted(what, i / vocab, i % vocab, actual[i], expected[i]));
      }
      worst = Math.max(worst, error);
    }
    for (int row = 0; row < expected.length / vocab; row++) {
      assertEquals(
          argmax(expected, row, vocab),
          argmax(actual, row, vocab),
          what + ": argmax of row " + row);
    }
  }

  private static int argmax(float[] values, int row, int vocab) {
    int best = 0;
    for (int i = 1; i < vocab; i++) {
      if (values[row * vocab + i] > values[row * vocab + best]) {
        best = i;
      }
    }
    return best;
  }
}
