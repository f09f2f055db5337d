package dev.levin.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.LevinException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CandidatesTest {
  private static Candidates of(float... logits) {
    Candidates candidates = new Candidates(logits.length);
    candidates.load(logits);
    return candidates;
  }

  private static int[] ids(Candidates candidates) {
    return IntStream.range(0, candidates.size()).map(candidates::id).toArray();
  }

  @Test
  void keepBestEqualsAStableSort() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      float[] logits = new float[1 + random.nextInt(300)];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = random.nextInt(20);
      }
      int count = random.nextInt(logits.length + 10);
      Candidates candidates = of(logits);
      candidates.keepBest(count);
      int[] expected =
          IntStream.range(0, logits.length)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -logits[i]))
              .limit(count)
              .mapToInt(Integer::intValue)
              .toArray();
      assertArrayEquals(expected, ids(candidates), "seed " + seed);
    }
  }

  @Test
  void keepMassTakesTheFewestThatReachIt() {
    float[] logits = logs(0.1, 0.4, 0.2, 0.3);
    assertKept(logits, 0.39, 1);
    assertKept(logits, 0.5, 1, 3);
    assertKept(logits, 0.75, 1, 3, 2);
    assertKept(logits, 0.95, 1, 3, 2, 0);
    assertKept(logits, 1e-9, 1);
  }

  private static void assertKept(float[] logits, double mass, int... expected) {
    Candidates unsorted = of(logits);
    unsorted.keepMass(mass);
    assertArrayEquals(expected, ids(unsorted), "mass " + mass);
    Candidates sorted = of(logits);
    sorted.keepBest(logits.length);
    sorted.keepMass(mass);
    assertArrayEquals(expected, ids(sorted), "mass " + mass + " of sorted candidates");
  }

  @Test
  void drawWalksTheCumulatedProbabilities() {
    Candidates candidates = of(logs(0.25, 0.5, 0.25));
    assertEquals(0, candidates.draw(0));
    assertEquals(0, candidates.draw(0.2499));
    assertEquals(1, candidates.draw(0.2501));
    assertEquals(1, candidates.draw(0.7499));
    assertEquals(2, candidates.draw(0.7501));
    assertEquals(2, candidates.draw(Math.nextDown(1.0)));
  }

  @Test
  void drawNeverTakesABannedToken() {
    float banned = Float.NEGATIVE_INFINITY;
    Candidates candidates = of(banned, 1, banned);
    assertEquals(1, candidates.draw(0));
    assertEquals(1, candidates.draw(Math.nextDown(1.0)));
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    Candidates candidates = of(3e38f, -3e38f);
    assertEquals(0, candidates.draw(Math.nextDown(1.0)));
  }

  @Test
  void refusesWhatIsNoLogit() {
    assertError("the logit of token 1 is NaN", 0, Float.NaN);
    assertError("the logit of token 0 is Infinity", Float.POSITIVE_INFINITY);
    float banned = Float.NEGATIVE_INFINITY;
    LevinException error = assertThrows(LevinException.class, () -> of(banned).draw(0));
    assertTrue(error.getMessage().startsWith("every token is banned"));
  }

  private static void assertError(String start, float... logits) {
    LevinException error = assertThrows(LevinException.class, () -> of(logits));
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
  }

  static float[] logs(double... probabilities) {
    float[] logits = new float[probabilities.length];
    Arrays.setAll(probabilities, i -> Math.log(probabilities[i]));
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) probabilities[i];
    }
    return logits;
  }
}
