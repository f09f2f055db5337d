package dev.levin.measure.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void markdownAlignsAndEscapes() {
    Table table = Table.of(List.of("name", ">value"));
    table.add(List.of("a|b", "1"));
    table.add(List.of("c", "23.45"));
    assertEquals(
        """
        | name | value |
        | ---- | ----: |
        | a\\|b |     1 |
        | c    | 23.45 |
        """,
        table.markdown());
  }

  @Test
  void csvQuotesWhereItMust() {
    Table table = Table.of(List.of("name", ">value"));
    table.add(List.of("a,\"b\"", "1"));
    assertEquals("name,value\n\"a,\"\"b\"\"\",1\n", table.csv());
  }

  @Test
  void refusesRowsOfAnotherWidth() {
    Table table = Table.of(List.of("one"));
    assertThrows(IllegalArgumentException.class, () -> table.add(List.of("1", "2")));
  }

  @Test
  void numbersKeepTheirDigits() {
    assertEquals("0.0123", Numbers.significant(0.01234));
    assertEquals("12.3", Numbers.significant(12.34));
    assertEquals("1234", Numbers.significant(1234.4));
    assertEquals("0", Numbers.significant(0));
    assertEquals("1.50 KiB", Numbers.bytes(1536));
    assertEquals("1.24 B", Numbers.count(1_235_814_400L));
    assertEquals(OutputFormat.JSON, OutputFormat.ofFileName("a/b.json"));
    assertThrows(IllegalArgumentException.class, () -> OutputFormat.ofFileName("a.pdf"));
  }
}
