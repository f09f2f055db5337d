package dev.levin.measure.perplexity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.models.Decoder;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import dev.levin.testkit.Golden;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PerplexityTest {
  private static final String TEXT =
      "Once upon a time, there was a quiet girl named Anna. Anna loved to play at the farm.";
  private static final Perplexity.Progress SILENT = (done, total, perplexity) -> {};

  private static Backend backend;
  private static ModelSource source;
  private static ModelSource quantised;
  private static Decoder model;
  private static Decoder other;
  private static int[] tokens;

  @BeforeAll
  static void load() {
    backend = Backends.open("cpu");
    source = DemoModel.open();
    quantised = ModelFiles.open(Golden.path("demo/levin-demo-Q4_0.gguf"));
    model = decoder(source);
    other = decoder(quantised);
    tokens = source.tokenizer().encode(TEXT, false, true);
  }

  private static Decoder decoder(ModelSource from) {
    DecoderConfig config = DecoderConfig.read(from.metadata(), from.naming(), from.weights());
    return Decoder.load(
        config, from.weights(), backend, new DecoderOptions(64, 16, 4, DType.F32, 0));
  }

  @AfterAll
  static void close() {
    model.close();
    other.close();
    source.close();
    quantised.close();
    backend.close();
  }

  @Test
  void predictsEveryTokenAfterBos() {
    PerplexityResult result = new Perplexity(model, null, 64, 0, 0).run(tokens, SILENT);
    assertEquals(tokens.length, result.predictions());
    assertEquals(1, result.chunks());
    assertNull(result.divergence());
    // Text like what it was trained on: far from the 1765 of a model that knows nothing.
    assertTrue(result.perplexity() > 1 && result.perplexity() < 10, result.toString());
  }

  @Test
  void chunksAreIndependentAndCounted() {
    PerplexityResult whole = new Perplexity(model, null, 9, 0, 0).run(tokens, SILENT);
    double losses = 0;
    for (int from = 0; from < tokens.length; from += 8) {
      int[] part = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + 8));
      PerplexityResult one = new Perplexity(model, null, 64, 0, 0).run(part, SILENT);
      losses += Math.log(one.perplexity()) * one.predictions();
    }
    assertEquals(Math.ceilDiv(tokens.length, 8), whole.chunks());
    assertEquals(Math.exp(losses / tokens.length), whole.perplexity(), 1e-9);
  }

  @Test
  void skipsTheStartOfChunksAndTheFirstTokenWithoutBos() {
    assertEquals(
        tokens.length - 4, new Perplexity(model, null, 64, 4, 0).run(tokens, SILENT).predictions());
    assertEquals(
        tokens.length - 1,
        new Perplexity(model, null, 64, 0, -1).run(tokens, SILENT).predictions());
  }

  @Test
  void aModelDoesNotDivergeFromItself() {
    PerplexityResult.Divergence same =
        new Perplexity(model, model(), 64, 0, 0).run(tokens, SILENT).divergence();
    assertEquals(0, same.mean(), 1e-12);
    assertEquals(1, same.sameBest());
  }

  /** A second decoder of the same weights: two sequences cannot share one. */
  private static Decoder model() {
    return decoder(source);
  }

  @Test
  void quantisationDivergesALittle() {
    PerplexityResult result = new Perplexity(other, model, 64, 0, 0).run(tokens, SILENT);
    PerplexityResult.Divergence divergence = result.divergence();
    assertTrue(divergence.mean() > 0 && divergence.mean() < 0.1, result.toString());
    assertTrue(divergence.sameBest() > 0.8, result.toString());
    assertEquals(
        new Perplexity(model, null, 64, 0, 0).run(tokens, SILENT).perplexity(),
        divergence.basePerplexity(),
        1e-9);
  }

  @Test
  void refusesWhatPredictsNothing() {
    assertThrows(IllegalArgumentException.class, () -> new Perplexity(model, null, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Perplexity(model, null, 8, 7, 0));
    Perplexity perplexity = new Perplexity(model, null, 8, 0, -1);
    assertThrows(LevinException.class, () -> perplexity.run(new int[] {5}, SILENT));
  }
}
