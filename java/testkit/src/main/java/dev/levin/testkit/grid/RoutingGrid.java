package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Scoring;
import java.util.List;

/** The choice of experts: ties, groups, bias. */
final class RoutingGrid {
  private RoutingGrid() {}

  private record Shape(int tokens, int experts, int chosen, int groups, int topGroups) {}

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(0, 8, 2, 1, 1),
          new Shape(1, 1, 1, 1, 1),
          new Shape(3, 7, 7, 1, 1),
          new Shape(5, 8, 2, 1, 1),
          new Shape(17, 33, 4, 1, 1),
          new Shape(2, 128, 8, 1, 1),
          new Shape(5, 16, 4, 4, 2),
          new Shape(3, 64, 6, 8, 3),
          new Shape(2, 256, 8, 8, 4),
          new Shape(4, 6, 3, 6, 4));

  static void addTo(List<OpCase> cases) {
    for (Shape shape : SHAPES) {
      for (Scoring scoring : Scoring.values()) {
        for (boolean ties : new boolean[] {false, true}) {
          add(cases, shape, scoring, ties, false);
          add(cases, shape, scoring, ties, true);
        }
      }
    }
  }

  private static void add(
      List<OpCase> cases, Shape shape, Scoring scoring, boolean ties, boolean biased) {
    String label =
        "%s T=%d, %d of %d, %d of %d groups%s%s"
            .formatted(
                scoring,
                shape.tokens,
                shape.chosen,
                shape.experts,
                shape.topGroups,
                shape.groups,
                ties ? ", ties" : "",
                biased ? ", bias" : "");
    cases.add(
        OpCase.of(RouteExperts.class, label, (f, d) -> route(f, d, shape, scoring, ties, biased)));
  }

  /**
   * With ties, logits come from three values and there is no other difference between experts, so
   * that equal scores stay equal in any precision.
   */
  private static RouteExperts route(
      Fixture f, Draw draw, Shape shape, Scoring scoring, boolean ties, boolean biased) {
    int t = shape.tokens;
    int e = shape.experts;
    float[] logits = draw.peaky((long) t * e, 0.7f);
    if (ties) {
      int[] levels = draw.ints((long) t * e, 3);
      for (int i = 0; i < logits.length; i++) {
        logits[i] = levels[i] - 1;
      }
    }
    float[] bias = ties ? new float[e] : draw.named("bias").between(e, -0.3f, 0.3f);
    return new RouteExperts(
        f.f32(ties ? Layout.GAPPED : Layout.DENSE, logits, t, e),
        biased ? f.weight(bias, e) : null,
        f.poisoned(DType.I32, ties ? Layout.GAPPED : Layout.DENSE, t, shape.chosen),
        f.output(t, shape.chosen),
        scoring,
        biased != ties,
        shape.groups,
        shape.topGroups,
        biased ? 2.5f : 1);
  }
}
