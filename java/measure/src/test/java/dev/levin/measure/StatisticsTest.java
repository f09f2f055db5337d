package dev.levin.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void meanAndDeviationOfASample() {
    assertEquals(5, Statistics.mean(2, 4, 4, 4, 5, 5, 7, 9));
    assertEquals(Math.sqrt(32.0 / 7), Statistics.deviation(2, 4, 4, 4, 5, 5, 7, 9), 1e-12);
  }

  @Test
  void oneValueHasNoDeviation() {
    assertEquals(3, Statistics.mean(3));
    assertEquals(0, Statistics.deviation(3));
    assertTrue(Double.isNaN(Statistics.mean()));
  }

  @Test
  void medianIsTheMiddle() {
    assertEquals(3, Statistics.median(9, 1, 3));
    assertEquals(2.5, Statistics.median(4, 1, 3, 2));
    assertTrue(Double.isNaN(Statistics.median()));
  }
}
