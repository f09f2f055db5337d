package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import java.util.List;

/** Matrix products over every weight encoding. */
final class LinearGrid {
  private static final int[] TOKENS = {1, 2, 3, 5, 8, 17};
  private static final int[] ROWS = {1, 3, 8, 33, 130};

  private LinearGrid() {}

  static void addTo(List<OpCase> cases) {
    for (DType dtype : OpGrid.weightTypes()) {
      int block = dtype.blockValues();
      int few = dtype.isBlock() ? block : 17;
      int many = dtype.isBlock() ? 5 * Math.max(block, 64) / block * block : 500;
      for (int tokens : TOKENS) {
        for (int rows : ROWS) {
          int size = (tokens + rows) % 2 == 0 ? few : many;
          if (tokens * rows <= 1100) {
            addPlain(cases, dtype, tokens, rows, size);
          }
        }
      }
      addPlain(cases, dtype, 0, 8, few);
      addExtras(cases, dtype, many);
      addHeads(cases, dtype, few);
      addGrouped(cases, dtype, few, many);
    }
    for (int size : new int[] {1, 7, 15, 16, 31, 33, 64, 111, 4097}) {
      addPlain(cases, DType.F32, 3, 17, size);
      addPlain(cases, DType.BF16, 2, 9, size);
      addPlain(cases, DType.F16, 1, 31, size);
    }
  }

  private static void addPlain(List<OpCase> cases, DType dtype, int t, int n, int k) {
    cases.add(
        OpCase.of(
            Linear.class,
            "%s T=%d N=%d K=%d".formatted(dtype, t, n, k),
            (f, draw) ->
                new Linear(
                    f.f32(draw.named("x").peaky((long) t * k), t, k),
                    f.weight(dtype, Layout.DENSE, draw, n, k),
                    null,
                    null,
                    f.output(t, n),
                    1)));
  }

  private static void addExtras(List<OpCase> cases, DType dtype, int k) {
    cases.add(
        OpCase.of(
            Linear.class,
            dtype + " bias, residual, scale, gapped K=" + k,
            (f, draw) ->
                new Linear(
                    f.f32(Layout.GAPPED, draw.named("x").peaky(4L * k), 4, k),
                    f.weight(dtype, Layout.GAPPED, draw, 19, k),
                    f.weight(draw.named("bias").peaky(19), 19),
                    f.f32(Layout.GAPPED, draw.named("residual").peaky(4 * 19), 4, 19),
                    f.output(Layout.GAPPED, 4, 19),
                    0.22f)));
    cases.add(
        OpCase.of(
            Linear.class,
            dtype + " into its residual K=" + k,
            (f, draw) -> {
              Tensor residual = f.f32(draw.named("residual").peaky(2 * 33), 2, 33);
              return new Linear(
                  f.f32(draw.named("x").peaky(2L * k), 2, k),
                  f.weight(dtype, Layout.DENSE, draw, 33, k),
                  null,
                  residual,
                  residual,
                  1);
            }));
  }

  private static void addHeads(List<OpCase> cases, DType dtype, int k) {
    for (int tokens : new int[] {0, 1, 5}) {
      Layout layout = tokens == 5 ? Layout.GAPPED : Layout.DENSE;
      cases.add(
          OpCase.of(
              HeadLinear.class,
              "%s T=%d H=3 N=17 K=%d".formatted(dtype, tokens, k),
              (f, draw) ->
                  new HeadLinear(
                      f.f32(layout, draw.named("x").peaky(3L * tokens * k), tokens, 3, k),
                      f.weight(dtype, layout, draw, 3, 17, k),
                      f.output(layout, tokens, 3, 17))));
    }
  }

  private static void addGrouped(List<OpCase> cases, DType dtype, int few, int many) {
    for (int tokens : new int[] {0, 1, 7}) {
      int k = tokens == 7 ? few : many;
      for (boolean shared : new boolean[] {true, false}) {
        for (boolean combine : new boolean[] {false, true}) {
          String label =
              "%s T=%d k=2 of 5, N=9 K=%d%s%s"
                  .formatted(
                      dtype, tokens, k, shared ? " shared x" : "", combine ? " combined" : "");
          cases.add(
              OpCase.of(
                  GroupedLinear.class,
                  label,
                  (f, draw) -> grouped(f, draw, dtype, tokens, k, shared, combine)));
        }
      }
    }
  }

  private static GroupedLinear grouped(
      Fixture f, Draw draw, DType dtype, int tokens, int k, boolean shared, boolean combine) {
    int chosen = 2;
    int experts = 5;
    int rows = 9;
    Layout layout = tokens == 7 ? Layout.GAPPED : Layout.DENSE;
    float[] x = draw.named("x").peaky((long) tokens * k * (shared ? 1 : chosen));
    int[] ids = draw.named("ids").ints((long) tokens * chosen, experts - 1);
    for (int t = 0; t < tokens; t++) {
      ids[t * chosen + 1] = (ids[t * chosen] + 1) % (experts - 1);
    }
    Tensor residual =
        combine ? f.f32(layout, draw.named("residual").peaky(tokens * rows), tokens, rows) : null;
    Tensor out = combine ? residual : f.output(layout, tokens, chosen, rows);
    if (combine && shared) {
      residual = null;
      out = f.output(layout, tokens, rows);
    }
    return new GroupedLinear(
        shared ? f.f32(layout, x, tokens, k) : f.f32(layout, x, tokens, chosen, k),
        f.weight(dtype, Layout.DENSE, draw, experts, rows, k),
        shared ? f.weight(draw.named("bias").peaky(experts * rows), experts, rows) : null,
        f.i32(ids, tokens, chosen),
        combine
            ? f.f32(draw.named("combine").between(tokens * chosen, 0, 1), tokens, chosen)
            : null,
        residual,
        out);
  }
}
