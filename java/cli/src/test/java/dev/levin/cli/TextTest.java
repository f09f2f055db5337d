package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.engine.FinishReason;
import dev.levin.engine.GenerationStats;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers, ids and records as text. */
class TextTest {
  private sealed interface Kind {
    record Leaf(int[] values) implements Kind {}
  }

  private record Tree(String name, Kind kind, Kind.Leaf leaf) {}

  @Test
  void scalesUnits() {
    assertEquals("0 B", Units.bytes(0));
    assertEquals("1023 B", Units.bytes(1023));
    assertEquals("1.0 KiB", Units.bytes(1024));
    assertEquals("8.0 GiB", Units.bytes(8L << 30));
    assertEquals("999", Units.count(999));
    assertEquals("4.1 M", Units.count(4_100_000));
    assertEquals("35 ms", Units.duration(35_000_000));
    assertEquals("2.1 s", Units.duration(2_100_000_000L));
  }

  @Test
  void tellsNoSpeedOfWhatDidNotRun() {
    String nothing =
        Statistics.format(new GenerationStats(2, 0, 0, 1e-9, 0, 1e-9, FinishReason.LENGTH), 0);
    assertTrue(nothing.startsWith("[prompt 2 tokens | generated 0 tokens | peak"), nothing);
    String single =
        Statistics.format(new GenerationStats(1, 0, 1, 0.5, 0, 0.5, FinishReason.LENGTH), 0);
    assertTrue(
        single.startsWith("[prompt 1 token, 2.0 t/s | generated 1 token | first token 500 ms"),
        single);
  }

  @Test
  void readsTokenIds() {
    assertArrayEquals(new int[] {1, 2, 3}, TokenIds.parse("--x", " 1,2 ,  3\n"));
    assertArrayEquals(new int[] {1, 2, 3}, TokenIds.parse("--x", "1 2\t3"));
    assertArrayEquals(new int[0], TokenIds.parse("--x", " \n"));
    assertEquals("1 2 3", TokenIds.format(new int[] {1, 2, 3}));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "1,,2", "1,", ",", "-1", "4294967295", "99999999999", "1.0"})
  void refusesWhatIsNoTokenId(String text) {
    UserException problem = assertThrows(UserException.class, () -> TokenIds.parse("--x", text));
    assertTrue(problem.getMessage().startsWith("--x: "), problem.getMessage());
  }

  @Test
  void takesRecordsApart() {
    Kind.Leaf leaf = new Kind.Leaf(new int[] {1, 2});
    assertEquals(
        Map.of(
            "name", "oak",
            "kind", Map.of("kind", "Leaf", "values", List.of(1, 2)),
            "leaf", Map.of("values", List.of(1, 2))),
        PlainData.of(new Tree("oak", leaf, leaf)));
  }

  @Test
  void shortensLongLists() {
    Object shortened = PlainData.shorten(Map.of("long", Collections.nCopies(100, "x")));
    assertEquals(
        Map.of("long", Map.of("length", 100, "first", Collections.nCopies(8, "x"))), shortened);
    assertEquals(List.of(1, 2), PlainData.shorten(List.of(1, 2)));
  }
}
