package dev.levin.testkit.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import org.junit.jupiter.api.Test;

class RoundingTest {
  private static float undone(float found, float wanted, DType dtype) {
    float[] values = {found};
    Rounding.undo(values, new float[] {wanted}, dtype);
    return values[0];
  }

  @Test
  void roundsToNearestEven() {
    float[] values = {1 + 0x1p-11f, 1 + 0x1.8p-10f, 65_520, -65_519, 0x1p-25f};
    Rounding.round(values, DType.F16);
    assertArrayEquals(new float[] {1, 1 + 0x1p-9f, Float.POSITIVE_INFINITY, -65_504, 0}, values);
    float[] brain = {1 + 0x1p-8f, 1 + 0x1.8p-7f, 3.4e38f};
    Rounding.round(brain, DType.BF16);
    assertArrayEquals(new float[] {1, 1 + 0x1p-6f, Float.POSITIVE_INFINITY}, brain);
  }

  @Test
  void whatRoundsToTheFoundValueIsNoError() {
    assertEquals(1 + 0x1p-12f, undone(1, 1 + 0x1p-12f, DType.F16));
    assertEquals(1 - 0x1p-12f, undone(1, 1 - 0x1p-12f, DType.F16));
    assertEquals(-3.003f, undone(-3, -3.003f, DType.BF16));
    assertEquals(0x1p-26f, undone(0, 0x1p-26f, DType.F16));
    assertEquals(-0x1p-26f, undone(0, -0x1p-26f, DType.F16));
    assertEquals(70_000, undone(Float.POSITIVE_INFINITY, 70_000, DType.F16));
    assertEquals(-70_000, undone(Float.NEGATIVE_INFINITY, -70_000, DType.F16));
  }

  @Test
  void halfAUnitIsForgivenAndNoMore() {
    assertEquals(1 + 0x1p-11f, undone(1, 1.1f, DType.F16));
    assertEquals(1 - 0x1p-12f, undone(1, 0.9f, DType.F16));
    assertEquals(-1 - 0x1p-8f, undone(-1, -2, DType.BF16));
    assertEquals(0x1p-25f, undone(0, 1, DType.F16));
    assertEquals(65_520, undone(65_504, 70_000, DType.F16));
    assertEquals(65_520, undone(Float.POSITIVE_INFINITY, 65_000, DType.F16));
  }

  @Test
  void nanAndWantedInfinitiesStay() {
    assertEquals(Float.NaN, undone(Float.NaN, 1, DType.F16));
    assertEquals(65_504, undone(65_504, Float.POSITIVE_INFINITY, DType.F16));
  }
}
