package dev.levin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
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
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Runs a sequence through a whole model and compares the logits of all its tokens. */
final class LogitsRun {
  /** What golden logits may be off. */
  static final float GOLDEN_ERROR = 1e-3f;

  private static final int PAGE_SIZE = 16;
  private static final int NUM_PAGES = 8;

  private LogitsRun() {}

  /** Holds a model to golden tokens and logits: whole, in chunks of 7, one token at a time. */
  static void assertGolden(Path model, Path golden) throws IOException {
    try (Backend backend = Backends.open()) {
      assertGolden(backend, model, golden);
    }
  }

  /** As {@link #assertGolden(Path, Path)}, on an open backend. */
  static void assertGolden(Backend backend, Path model, Path golden) throws IOException {
    int[] tokens = tokens(golden);
    float[] expected = Golden.floats(golden.resolve("logits.f32"));
    for (int chunk : new int[] {tokens.length, 7, 1}) {
      float[] actual = logits(backend, model, tokens, chunk, DType.F32, UnaryOperator.identity());
      assertClose(model + " in chunks of " + chunk, expected, actual, tokens.length, GOLDEN_ERROR);
    }
  }

  static int[] tokens(Path golden) throws IOException {
    return new ObjectMapper().readValue(golden.resolve("tokens.json").toFile(), int[].class);
  }

  /** Logits [T, V] of all tokens. */
  static float[] logits(Path model, int[] tokens, int chunk) {
    return logits(model, tokens, chunk, DType.F32, UnaryOperator.identity());
  }

  /**
   * Logits [T, V] of all tokens.
   *
   * @param change applied to the configuration the files give
   */
  static float[] logits(
      Path model, int[] tokens, int chunk, DType kvDtype, UnaryOperator<DecoderConfig> change) {
    try (Backend backend = Backends.open()) {
      return logits(backend, model, tokens, chunk, kvDtype, change);
    }
  }

  /** Logits [T, V] of all tokens over activations of a type. */
  static float[] logits(
      Backend backend, Path model, int[] tokens, int chunk, DType kvDtype, DType activations) {
    return logits(
        backend,
        model,
        tokens,
        chunk,
        new DecoderOptions(0, PAGE_SIZE, NUM_PAGES, kvDtype, 1, activations),
        UnaryOperator.identity());
  }

  private static float[] logits(
      Backend backend,
      Path model,
      int[] tokens,
      int chunk,
      DType kvDtype,
      UnaryOperator<DecoderConfig> change) {
    DecoderOptions options = new DecoderOptions(0, PAGE_SIZE, NUM_PAGES, kvDtype, 1);
    return logits(backend, model, tokens, chunk, options, change);
  }

  private static float[] logits(
      Backend backend,
      Path model,
      int[] tokens,
      int chunk,
      DecoderOptions options,
      UnaryOperator<DecoderConfig> change) {
    try (ModelSource source = ModelFiles.open(model)) {
      DecoderConfig config =
          change.apply(DecoderConfig.read(source.metadata(), source.naming(), source.weights()));
      try (Decoder decoder = Decoder.load(config, source.weights(), backend, options)) {
        return run(decoder, tokens, chunk, config.vocabSize());
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

  /** Holds every logit to the error and every row to the same most likely token. */
  static void assertClose(String what, float[] expected, float[] actual, int rows, float maxError) {
    assertEquals(expected.length, actual.length, what);
    int vocab = expected.length / rows;
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= maxError)) {
        fail(
            "%s: logit [%d,%d] is %s, expected %s, %s off at worst"
                .formatted(
                    what,
                    i / vocab,
                    i % vocab,
                    actual[i],
                    expected[i],
                    maxError(expected, actual)));
      }
    }
    for (int row = 0; row < rows; row++) {
      assertEquals(
          argmax(expected, row, vocab),
          argmax(actual, row, vocab),
          what + ": argmax of row " + row);
    }
  }

  /** The largest absolute difference; NaN when there is one. */
  static float maxError(float[] expected, float[] actual) {
    float worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
    }
    return worst;
  }

  static int argmax(float[] values, int row, int vocab) {
    int best = 0;
    for (int i = 1; i < vocab; i++) {
      if (values[row * vocab + i] > values[row * vocab + best]) {
        best = i;
      }
    }
    return best;
  }
}
