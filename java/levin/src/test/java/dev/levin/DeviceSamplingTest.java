package dev.levin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backends;
import dev.levin.core.backend.Counters;
import dev.levin.engine.Generation;
import dev.levin.engine.GenerationOptions;
import dev.levin.engine.Llm;
import dev.levin.engine.LlmOptions;
import dev.levin.engine.sampling.SamplingOptions;
import dev.levin.testkit.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What a step brings home, on every backend this machine has. */
class DeviceSamplingTest {
  private static final int TOKENS = 6;

  /** A bias of nothing: no other token, but the host has to look at the logits. */
  private static final Map<Integer, Float> NO_BIAS = Map.of(0, 0f);

  @TestFactory
  Stream<DynamicTest> tokensAreChosenWhereTheLogitsAre() {
    return Backends.list().stream()
        .filter(status -> status.availability() instanceof Availability.Ready)
        .map(
            status ->
                DynamicTest.dynamicTest(
                    status.name() + ": downloads tokens, not logits", () -> check(status.name())));
  }

  private static void check(String backend) {
    LlmOptions options =
        LlmOptions.builder().backend(backend).contextLength(128).maxSequences(3).build();
    try (Llm llm = Llm.load(Golden.embeddedDemo(), options)) {
      Counters counters = llm.backend().counters();
      SamplingOptions greedy = SamplingOptions.greedy();
      SamplingOptions random =
          SamplingOptions.builder().temperature(0.8).topK(40).topP(0.95).minP(0.02).seed(3).build();
      for (SamplingOptions sampling : List.of(greedy, random)) {
        counters.reset();
        List<Generation> chosen = generate(llm, sampling);
        long tokens = 3L * TOKENS;
        assertEquals(tokens * Integer.BYTES, counters.downloadedBytes(), "ids alone");
        counters.reset();
        List<Generation> drawn = generate(llm, sampling.toBuilder().logitBias(NO_BIAS).build());
        long logits = tokens * llm.config().vocabSize() * Float.BYTES;
        assertEquals(logits, counters.downloadedBytes(), "logits");
        for (int i = 0; i < chosen.size(); i++) {
          assertEquals(drawn.get(i).text(), chosen.get(i).text());
        }
      }
    }
  }

  private static List<Generation> generate(Llm llm, SamplingOptions sampling) {
    GenerationOptions options =
        GenerationOptions.builder().sampling(sampling).maxTokens(TOKENS).ignoreEos(true).build();
    List<Generation> generations = new ArrayList<>();
    for (String prompt : List.of("Once upon a time", "The dog", "A")) {
      generations.add(llm.generate(prompt, options));
    }
    generations.forEach(Generation::text);
    return generations;
  }
}
