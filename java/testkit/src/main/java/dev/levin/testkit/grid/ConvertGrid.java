package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.op.Convert;
import dev.levin.core.op.Embed;
import dev.levin.core.quant.Codecs;
import java.util.Arrays;
import java.util.List;

/** Conversion and lookup over all dtypes. */
final class ConvertGrid {
  private ConvertGrid() {}

  static void addTo(List<OpCase> cases) {
    for (DType dtype : DType.values()) {
      if (dtype == DType.BOOL) {
        continue;
      }
      for (int blocks : dtype.isBlock() ? new int[] {1, 3} : new int[] {1, 17, 111}) {
        int size = blocks * dtype.blockValues();
        for (int rows : new int[] {0, 1, 5}) {
          addConversions(cases, dtype, rows, size);
        }
        if (isReadable(dtype)) {
          addLookups(cases, dtype, size);
        }
      }
    }
    cases.add(
        OpCase.of(
            Embed.class,
            "gathers activation rows",
            (f, draw) ->
                new Embed(
                    f.f32(Layout.GAPPED, draw.peaky(9 * 4097), 9, 4097),
                    f.i32(new int[] {8, 0, 8, 3}, 4),
                    f.output(Layout.GAPPED, 4, 4097),
                    1)));
  }

  /** Activation formats exist in memory only while a product runs. */
  private static boolean isReadable(DType dtype) {
    return dtype != DType.Q8_1 && dtype != DType.Q8_K;
  }

  private static void addConversions(List<OpCase> cases, DType dtype, int rows, int size) {
    Layout layout = rows == 5 ? Layout.GAPPED : Layout.DENSE;
    String label = "[%d,%d] %s".formatted(rows, size, layout);
    if (isReadable(dtype)) {
      cases.add(
          OpCase.of(
              Convert.class,
              "from " + dtype + " " + label,
              (f, draw) ->
                  new Convert(
                      f.numbers(dtype, layout, draw, rows, size), f.output(layout, rows, size))));
    }
    if (Codecs.of(dtype).canEncode() && dtype != DType.F32) {
      cases.add(
          OpCase.of(
              Convert.class,
              "to " + dtype + " " + label,
              (f, draw) ->
                  new Convert(
                      f.f32(layout, convertible(dtype, draw, (long) rows * size), rows, size),
                      f.poisoned(dtype, layout, rows, size))));
    }
  }

  private static float[] convertible(DType dtype, Draw draw, long count) {
    return dtype.isBlock()
        ? draw.extreme(count, 0, -0f, 100, -100, 1e-6f)
        : draw.extreme(count, -0f, 1e-30f, 6e-8f, 65_519, 65_520, 1e9f, -1e30f, 448, 464, 480);
  }

  private static void addLookups(List<OpCase> cases, DType dtype, int size) {
    int vocabulary = 13;
    for (int tokens : new int[] {0, 1, 9}) {
      for (float scale : new float[] {1, 2.25f}) {
        cases.add(
            OpCase.of(
                Embed.class,
                "%s [%d,%d] %d tokens, scale %s".formatted(dtype, vocabulary, size, tokens, scale),
                (f, draw) -> {
                  int[] ids = draw.named("ids").ints(tokens, vocabulary);
                  Arrays.fill(ids, 0, Math.min(1, tokens), vocabulary - 1);
                  return new Embed(
                      f.weight(dtype, Layout.DENSE, draw, vocabulary, size),
                      f.i32(ids, tokens),
                      f.output(tokens == 9 ? Layout.GAPPED : Layout.DENSE, tokens, size),
                      scale);
                }));
      }
    }
  }
}
