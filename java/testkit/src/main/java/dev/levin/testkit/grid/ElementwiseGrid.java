package dev.levin.testkit.grid;

import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Add;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.SoftCap;
import java.util.List;

/** Ops in which each output element needs one element or one row. */
final class ElementwiseGrid {
  private static final int[] ROWS = {0, 1, 3, 17};
  private static final int[] SIZES = {1, 7, 15, 16, 17, 31, 33, 64, 111, 500, 4097};

  /** Beyond where exponentials overflow, and the smallest values there are. */
  private static final float[] EXTREMES = {
    -200, 200, -88.8f, 88.8f, 1e6f, -1e6f, 1e-30f, Float.MIN_VALUE, -0f
  };

  private ElementwiseGrid() {}

  static void addTo(List<OpCase> cases) {
    for (int size : SIZES) {
      for (int rows : ROWS) {
        if (rows > 3 && size > 500) {
          continue;
        }
        Layout layout = size % 2 == 1 && rows > 1 ? Layout.GAPPED : Layout.DENSE;
        String label = "[%d,%d] %s".formatted(rows, size, layout);
        addAdd(cases, label, layout, rows, size);
        addSoftCap(cases, label, layout, rows, size);
        addActivations(cases, label, layout, rows, size);
        addNorms(cases, label, layout, rows, size);
      }
    }
    addGroupNorms(cases);
    addRopeTables(cases);
  }

  private static void addAdd(List<OpCase> cases, String label, Layout layout, int t, int c) {
    cases.add(
        OpCase.of(
            Add.class,
            label,
            (f, draw) ->
                new Add(
                    f.f32(layout, draw.peaky((long) t * c), t, c),
                    f.f32(draw.peaky((long) t * c), t, c),
                    f.output(layout, t, c),
                    0.37f)));
    cases.add(
        OpCase.of(
            Add.class,
            label + " in place of x",
            (f, draw) -> {
              Tensor x = f.f32(layout, draw.peaky((long) t * c), t, c);
              return new Add(x, f.f32(draw.peaky((long) t * c), t, c), x, 1);
            }));
    cases.add(
        OpCase.of(
            Add.class,
            label + " in place of y",
            (f, draw) -> {
              Tensor y = f.f32(layout, draw.peaky((long) t * c), t, c);
              return new Add(f.f32(draw.peaky((long) t * c), t, c), y, y, -2);
            }));
  }

  private static void addSoftCap(List<OpCase> cases, String label, Layout layout, int t, int c) {
    cases.add(
        OpCase.of(
            SoftCap.class,
            label,
            (f, draw) ->
                new SoftCap(
                    f.f32(layout, draw.extreme((long) t * c, EXTREMES), t, c),
                    f.output(layout, t, c),
                    30)));
    cases.add(
        OpCase.of(
            SoftCap.class,
            label + " in place",
            (f, draw) -> {
              Tensor x = f.f32(layout, draw.peaky((long) t * c, 20), t, c);
              return new SoftCap(x, x, 50);
            }));
  }

  private static void addActivations(
      List<OpCase> cases, String label, Layout layout, int t, int f) {
    for (Activation activation : Activation.values()) {
      cases.add(
          OpCase.of(
              GatedActivation.class,
              activation + " " + label,
              (fixture, draw) ->
                  new GatedActivation(
                      fixture.f32(layout, draw.extreme((long) t * f, EXTREMES), t, f),
                      fixture.f32(layout, draw.peaky((long) t * f), t, f),
                      fixture.output(t, f),
                      activation)));
      if (activation == Activation.SWIGLU_CLAMPED) {
        continue;
      }
      cases.add(
          OpCase.of(
              GatedActivation.class,
              activation + " without up, in place " + label,
              (fixture, draw) -> {
                Tensor gate = fixture.f32(layout, draw.peaky((long) t * f), t, f);
                return new GatedActivation(gate, null, gate, activation);
              }));
    }
    cases.add(
        OpCase.of(
            GatedActivation.class,
            "in place of up " + label,
            (fixture, draw) -> {
              Tensor gate = fixture.f32(layout, draw.peaky((long) t * f), t, f);
              Tensor up = fixture.f32(layout, draw.peaky((long) t * f), t, f);
              return new GatedActivation(gate, up, up, Activation.SILU);
            }));
  }

  private static void addNorms(List<OpCase> cases, String label, Layout layout, int t, int c) {
    cases.add(
        OpCase.of(
            RmsNorm.class,
            label,
            (f, draw) ->
                new RmsNorm(
                    f.f32(layout, draw.peaky((long) t * c), t, c),
                    f.weight(draw.peaky(c), c),
                    f.output(layout, t, c),
                    1e-5f,
                    0)));
    cases.add(
        OpCase.of(
            RmsNorm.class,
            label + " in place, weight bias 1, large",
            (f, draw) -> {
              Tensor x = f.f32(layout, draw.peaky((long) t * c, 1e4f), t, c);
              return new RmsNorm(x, f.weight(draw.peaky(c, 0.1f), c), x, 1e-6f, 1);
            }));
    cases.add(
        OpCase.of(
            RmsNorm.class,
            label + " no weight, tiny",
            (f, draw) ->
                new RmsNorm(
                    f.f32(layout, draw.peaky((long) t * c, 1e-5f), t, c),
                    null,
                    f.output(t, c),
                    1e-6f,
                    0)));
  }

  private static void addGroupNorms(List<OpCase> cases) {
    for (int size : new int[] {1, 16, 64, 80, 111}) {
      cases.add(
          OpCase.of(
              RmsNorm.class,
              "[5,3,%d] weight shared, in place, gapped".formatted(size),
              (f, draw) -> {
                Tensor x = f.f32(Layout.GAPPED, draw.peaky(15L * size), 5, 3, size);
                return new RmsNorm(x, f.weight(draw.peaky(size), size), x, 1e-6f, 0);
              }));
      cases.add(
          OpCase.of(
              RmsNorm.class,
              "[2,4,%d] weight per group".formatted(size),
              (f, draw) ->
                  new RmsNorm(
                      f.f32(draw.peaky(8L * size), 2, 4, size),
                      f.weight(draw.peaky(4L * size), 4, size),
                      f.output(2, 4, size),
                      1e-5f,
                      1)));
    }
  }

  private static void addRopeTables(List<OpCase> cases) {
    int[][] positions = {{}, {0}, {1, 2, 3}, {131_071, 0, 4097, 31, 32, 1_000_000}};
    for (int[] tokens : positions) {
      for (int pairs : new int[] {1, 8, 16, 17, 32, 64}) {
        cases.add(
            OpCase.of(
                RopeTable.class,
                "%d positions, %d pairs".formatted(tokens.length, pairs),
                (f, draw) ->
                    new RopeTable(
                        f.i32(tokens, tokens.length),
                        f.f32(frequencies(pairs), pairs),
                        f.output(
                            pairs == 17 ? Layout.GAPPED : Layout.DENSE, tokens.length, 2L * pairs),
                        pairs == 32 ? 1.2079f : 1)));
      }
    }
  }

  static float[] frequencies(int pairs) {
    float[] frequencies = new float[pairs];
    for (int i = 0; i < pairs; i++) {
      frequencies[i] = (float) Math.pow(10_000, -(double) i / pairs);
    }
    return frequencies;
  }
}
