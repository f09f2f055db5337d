package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopMatcherTest {
  @Test
  void cutsAcrossPieces() {
    StopMatcher matcher = new StopMatcher(List.of("END"));
    assertEquals("abc", matcher.accept("abc"));
    assertEquals("d", matcher.accept("dE"));
    assertEquals("", matcher.accept("N"));
    assertFalse(matcher.matched());
    assertEquals("", matcher.accept("D of it"));
    assertTrue(matcher.matched());
    assertEquals("", matcher.accept("more"));
    assertEquals("", matcher.finish());
  }

  @Test
  void letsGoOfAFalseStart() {
    StopMatcher matcher = new StopMatcher(List.of("aab"));
    assertEquals("", matcher.accept("a"));
    assertEquals("", matcher.accept("a"));
    assertEquals("a", matcher.accept("a"));
    assertEquals("", matcher.accept("b"));
    assertTrue(matcher.matched());
  }

  @Test
  void finishYieldsWhatIsHeld() {
    StopMatcher matcher = new StopMatcher(List.of("###"));
    assertEquals("x", matcher.accept("x##"));
    assertEquals("##", matcher.finish());
  }

  @Test
  void passesEverythingWithoutStops() {
    StopMatcher matcher = new StopMatcher(List.of());
    assertEquals("text", matcher.accept("text"));
    assertEquals("", matcher.finish());
  }

  @Test
  void equalsCuttingTheWholeText() {
    for (long seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      List<String> stops = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(3); i++) {
        stops.add(word(random, 1 + random.nextInt(4)));
      }
      String text = word(random, random.nextInt(20));
      StopMatcher matcher = new StopMatcher(stops);
      StringBuilder got = new StringBuilder();
      for (int i = 0; i < text.length(); ) {
        int end = Math.min(text.length(), i + random.nextInt(4));
        got.append(matcher.accept(text.substring(i, end)));
        i = end;
      }
      // A piece may bring several stops at once; one that ends first wins however pieces fall.
      String expected = cut(text, stops);
      got.append(matcher.finish());
      assertEquals(
          expected, got.toString(), "seed %d, stops %s of %s".formatted(seed, stops, text));
      assertEquals(expected.length() < text.length(), matcher.matched(), "seed " + seed);
    }
  }

  private static String word(Random random, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append((char) ('a' + random.nextInt(2)));
    }
    return word.toString();
  }

  private static String cut(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String head = text.substring(0, end);
      int start = end;
      for (String stop : stops) {
        start = head.endsWith(stop) ? Math.min(start, end - stop.length()) : start;
      }
      if (start < end) {
        return text.substring(0, start);
      }
    }
    return text;
  }
}
