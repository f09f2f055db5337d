package dev.levin.engine.sampling;

import static dev.levin.engine.sampling.CandidatesTest.logs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.levin.core.LevinException;
import dev.levin.models.Batch;
import dev.levin.models.BatchReader;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SamplerChainTest {
  private static final int DRAWS = 20_000;

  private static int[] draw(SamplingOptions.Builder options, float... logits) {
    SamplerChain chain = new SamplerChain(logits.length, options.seed(42).build());
    int[] counts = new int[logits.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[next(chain, logits)]++;
    }
    return counts;
  }

  private static int next(SamplerChain chain, float[] logits) {
    int token = chain.sample(logits);
    chain.accept(token);
    return token;
  }

  /** Pearson's chi-square against the bound that one sound sampler in a thousand exceeds. */
  private static void assertDistribution(int[] counts, double bound, double... probabilities) {
    double chiSquare = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = probabilities[i] * DRAWS;
      if (expected == 0) {
        assertEquals(0, counts[i], "draws of token " + i);
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    assertTrue(
        chiSquare < bound, "chi-square %f of %s".formatted(chiSquare, Arrays.toString(counts)));
  }

  private static SamplingOptions.Builder random() {
    return SamplingOptions.builder().temperature(1);
  }

  @Test
  void drawsByProbability() {
    double[] p = {0.1, 0.4, 0.2, 0.3};
    assertDistribution(draw(random(), logs(p.clone())), 16.3, p);
  }

  @Test
  void temperatureSharpensAndFlattens() {
    double[] p = {0.1, 0.4, 0.2, 0.3};
    assertDistribution(
        draw(random().temperature(0.5), logs(p.clone())),
        16.3,
        1 / 30.,
        16 / 30.,
        4 / 30.,
        9 / 30.);
    double total = Math.sqrt(0.1) + Math.sqrt(0.4) + Math.sqrt(0.2) + Math.sqrt(0.3);
    double[] flat = Arrays.stream(p).map(x -> Math.sqrt(x) / total).toArray();
    assertDistribution(draw(random().temperature(2), logs(p.clone())), 16.3, flat);
  }

  @Test
  void topKTopPAndMinPRenormaliseWhatTheyKeep() {
    double[] p = {0.1, 0.4, 0.2, 0.3};
    double[] twoBest = {0, 4 / 7., 0, 3 / 7.};
    assertDistribution(draw(random().topK(2), logs(p.clone())), 10.8, twoBest);
    assertDistribution(draw(random().topP(0.65), logs(p.clone())), 10.8, twoBest);
    assertDistribution(draw(random().minP(0.6), logs(p.clone())), 10.8, twoBest);
  }

  @Test
  void topPCountsTheProbabilitiesThatTopKLeft() {
    double[] p = {0.1, 0.4, 0.2, 0.3};
    // Of the two best, 4/7 and 3/7, the first alone reaches 0.55; of all four it would not.
    assertDistribution(draw(random().topK(2).topP(0.55), logs(p.clone())), 1, 0, 1, 0, 0);
  }

  @Test
  void narrowingComesBeforeTemperature() {
    double[] p = {0.1, 0.4, 0.2, 0.3};
    double hot = Math.sqrt(0.4) / (Math.sqrt(0.4) + Math.sqrt(0.3));
    assertDistribution(
        draw(random().minP(0.6).temperature(2), logs(p.clone())), 10.8, 0, hot, 0, 1 - hot);
  }

  @Test
  void zeroTemperatureTakesTheFirstOfTheBest() {
    SamplerChain chain = new SamplerChain(4, SamplingOptions.greedy());
    assertEquals(1, chain.sample(new float[] {0, 2, 2, 1}));
  }

  @Test
  void biasBansAndForces() {
    float[] logits = {0, 2, 3, 1};
    assertEquals(1, biased(Map.of(2, Float.NEGATIVE_INFINITY)).sample(logits));
    assertEquals(0, biased(Map.of(0, 100f)).sample(logits));
    assertArrayEquals(new float[] {0, 2, 3, 1}, logits, "logits are left as they are");
    assertThrows(IllegalArgumentException.class, () -> biased(Map.of(4, 1f)));
  }

  private static SamplerChain biased(Map<Integer, Float> bias) {
    return new SamplerChain(4, SamplingOptions.builder().logitBias(bias).build());
  }

  @Test
  void repetitionPenaltyDividesPositiveAndMultipliesNegativeLogits() {
    SamplingOptions options = SamplingOptions.builder().repetitionPenalty(2).build();
    assertEquals(new Penalized(1.5f, -2f, 2f, -1f), Penalized.by(options, 0, 1, 0));
  }

  @Test
  void presenceAndFrequencyPenaltiesAreTaken() {
    SamplingOptions options =
        SamplingOptions.builder().presencePenalty(0.5).frequencyPenalty(0.25).build();
    assertEquals(new Penalized(2f, -1.75f, 2f, -1f), Penalized.by(options, 0, 1, 0));
  }

  @Test
  void penaltiesForgetWhatLeavesTheWindow() {
    SamplingOptions options =
        SamplingOptions.builder().repetitionPenalty(2).penaltyLastN(2).build();
    assertEquals(new Penalized(3f, -2f, 1f, -1f), Penalized.by(options, 0, 0, 1, 2));
    assertEquals(new Penalized(1.5f, -1f, 2f, -1f), Penalized.by(options, 1, 2, 0, 0));
  }

  /** Logits 3, -1, 2, -1 after penalties for the tokens seen. */
  private record Penalized(float a, float b, float c, float d) {
    static Penalized by(SamplingOptions options, int... seen) {
      Candidates candidates = new Candidates(4);
      candidates.load(new float[] {3, -1, 2, -1});
      Penalties penalties = new Penalties(4, options);
      Arrays.stream(seen).forEach(penalties::accept);
      penalties.apply(candidates);
      return new Penalized(
          candidates.logit(0), candidates.logit(1), candidates.logit(2), candidates.logit(3));
    }
  }

  @Test
  void sameSeedSameTokens() {
    float[] logits = new float[1000];
    assertArrayEquals(tokens(7, logits), tokens(7, logits));
    assertNotEquals(Arrays.toString(tokens(7, logits)), Arrays.toString(tokens(8, logits)));
  }

  private static int[] tokens(long seed, float[] logits) {
    SamplerChain chain = new SamplerChain(logits.length, random().seed(seed).build());
    int[] tokens = new int[50];
    Arrays.setAll(tokens, i -> next(chain, logits));
    return tokens;
  }

  @Test
  void theDeviceIsToldToTakeTheSameTokens() {
    for (SamplingOptions.Builder options :
        List.of(
            SamplingOptions.builder(),
            random(),
            random().temperature(0.7).topK(40),
            random().temperature(1.5).topP(0.8),
            random().minP(0.05),
            random().temperature(0.9).topK(50).topP(0.9).minP(0.02))) {
      SamplerChain chain = new SamplerChain(300, options.seed(11).build());
      Random draw = new Random(5);
      for (int i = 0; i < 200; i++) {
        float[] logits = new float[300];
        for (int t = 0; t < logits.length; t++) {
          logits[t] = (float) (2 * draw.nextGaussian());
        }
        Batch batch = new Batch();
        batch.addSequence(1, new int[1], 0);
        batch.addToken(0, 0, 0, true);
        assertTrue(chain.choose(batch));
        assertEquals(BatchReader.choose(batch, logits)[0], next(chain, logits), "token " + i);
      }
    }
  }

  @Test
  void theDeviceKnowsNeitherBiasesNorPenalties() {
    assertFalse(biased(Map.of(2, 1f)).choose(new Batch()));
    SamplingOptions penalized = SamplingOptions.builder().repetitionPenalty(1.1).build();
    assertFalse(new SamplerChain(4, penalized).choose(new Batch()));
  }

  @Test
  void whereTheDeviceFindsNoTokenTheLogitsAreToBlame() {
    SamplerChain chain = new SamplerChain(4, SamplingOptions.greedy());
    assertEquals(3, chain.chosen(3));
    LevinException error = assertThrows(LevinException.class, () -> chain.chosen(-1));
    assertTrue(error.getMessage().startsWith("the logits are NaN or infinite"));
  }

  @Test
  void tokensCostNoAllocation() {
    SamplingOptions options =
        random().topK(40).topP(0.9).minP(0.01).repetitionPenalty(1.1).seed(1).build();
    float[] logits = new float[5000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = i % 97;
    }
    SamplerChain chain = new SamplerChain(logits.length, options);
    for (int i = 0; i < 100; i++) {
      chain.accept(chain.sample(logits));
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      chain.accept(chain.sample(logits));
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < 10_000, allocated + " bytes for 100 tokens");
  }

  @Test
  void optionsNameWhatIsOutOfRange() {
    SamplingOptions.Builder builder = SamplingOptions.builder().topP(1.5);
    String message = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
    assertEquals("topP is 1.5, expected above 0 and at most 1", message);
    assertThrows(IllegalArgumentException.class, () -> random().temperature(-1).build());
    assertThrows(IllegalArgumentException.class, () -> random().temperature(Double.NaN).build());
    assertThrows(IllegalArgumentException.class, () -> random().repetitionPenalty(0).build());
  }

  @Test
  void optionsSurviveTheirBuilder() {
    SamplingOptions options =
        random().topK(3).topP(0.5).minP(0.1).penaltyLastN(9).presencePenalty(1).seed(3).build();
    assertEquals(options, options.toBuilder().build());
  }
}
