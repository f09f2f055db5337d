package dev.levin.testkit.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Shape;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparatorTest {
  private static final Shape SHAPE = Shape.of(4, 8);

  private final float[] want = new float[32];
  private final float[] got = new float[32];

  ComparatorTest() {
    for (int i = 0; i < want.length; i++) {
      want[i] = (float) Math.sin(i + 1);
      got[i] = want[i];
    }
  }

  private Optional<String> compare(Tolerance tolerance) {
    double[] bounds = new double[want.length];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = tolerance.absolute() + tolerance.relative() * Math.abs(want[i]);
    }
    return Comparator.compare(tolerance, SHAPE, want, got, bounds);
  }

  private void assertFails(Tolerance tolerance, String part) {
    Optional<String> problem = compare(tolerance);
    assertTrue(problem.orElse("nothing wrong").contains(part), problem.toString());
  }

  @Test
  void equalValuesPassEveryRule() {
    assertEquals(Optional.empty(), compare(Tolerance.exact("")));
    assertEquals(Optional.empty(), compare(Tolerance.nmse(1e-7, "")));
    assertEquals(Optional.empty(), compare(Tolerance.close(1e-6, 0, "").withCosine(1e-6)));
  }

  @Test
  void nanAndInfinityMustMatchFirst() {
    want[3] = Float.NaN;
    want[4] = Float.NEGATIVE_INFINITY;
    got[3] = Float.NaN;
    got[4] = Float.NEGATIVE_INFINITY;
    assertEquals(Optional.empty(), compare(Tolerance.nmse(1e-7, "")));
    got[4] = Float.POSITIVE_INFINITY;
    assertFails(Tolerance.nmse(1e9, ""), "worst at (0,4): got Infinity want -Infinity");
    got[4] = Float.NEGATIVE_INFINITY;
    got[20] = Float.NaN;
    assertFails(Tolerance.nmse(1e9, ""), "worst at (2,4): got NaN");
  }

  @Test
  void oneWrongElementIsNamed() {
    got[13] += 0.01f;
    assertFails(Tolerance.close(1e-4, 1e-4, ""), "worst at (1,5)");
    assertFails(Tolerance.nmse(1e-7, ""), "nmse");
    assertFails(Tolerance.close(1, 0, "").withCosine(1e-7), "cosine difference");
    assertFails(Tolerance.exact(""), "bit-exact   bad 1/32");
  }

  @Test
  void aFlippedSignIsAnError() {
    got[0] = -got[0];
    assertFails(Tolerance.close(1e-4, 1e-4, ""), "bad 1/32");
    got[0] = want[0];
    want[1] = 0f;
    got[1] = -0f;
    assertFails(Tolerance.exact(""), "got -0.0 want 0.0");
  }

  @Test
  void aCommonPlaceIsHinted() {
    for (int row = 0; row < 3; row++) {
      got[8 * row + 7] = 5;
    }
    assertFails(Tolerance.close(1e-4, 0, ""), "bad 3/32, all in the last column");
    System.arraycopy(want, 0, got, 0, got.length);
    got[16] = 5;
    got[19] = 5;
    assertFails(Tolerance.close(1e-4, 0, ""), "bad 2/32, all in row 2");
  }

  @Test
  void anythingIsWrongWhereNothingIsWanted() {
    Arrays.fill(want, 0);
    Arrays.fill(got, 0);
    assertEquals(Optional.empty(), compare(Tolerance.nmse(1e-7, "")));
    got[5] = 1e-3f;
    assertFails(Tolerance.nmse(1e-7, ""), "(0,5)");
  }
}
