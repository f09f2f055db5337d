package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.op.Sample;
import dev.levin.testkit.reference.ReferenceSampling;
import dev.levin.testkit.reference.ReferenceSampling.Parameters;
import java.util.ArrayList;
import java.util.List;

/** The choice of tokens: every filter alone and together, ties, rows without numbers. */
final class SampleGrid {
  private SampleGrid() {}

  private static final float BANNED = Float.NEGATIVE_INFINITY;
  private static final int[] VOCABULARIES = {1, 2, 7, 31, 32, 33, 111, 256, 257, 4097};

  /** Of Qwen 2: large, and no multiple of anything but 128. */
  private static final int LARGE = 151_936;

  /** A narrower share than this could be missed by rounding alone. */
  private static final double HITTABLE = 1e-5;

  private static final int TRIES = 200;

  private static final List<Parameters> PARAMETERS =
      List.of(
          new Parameters(0, 0, 1, 0),
          new Parameters(0, 3, 0.5f, 0.2f),
          new Parameters(1, 0, 1, 0),
          new Parameters(0.7f, 5, 1, 0),
          new Parameters(1.3f, 0, 0.9f, 0),
          new Parameters(1, 0, 1, 0.05f),
          new Parameters(0.8f, 40, 0.95f, 0.01f),
          new Parameters(30, 0, 1, 0),
          new Parameters(1e-3f, 0, 1, 0),
          new Parameters(1, 1, 1, 0),
          new Parameters(1, 1 << 30, 1, 0),
          new Parameters(1, 0, 0, 0),
          new Parameters(1, 0, 1, 1),
          new Parameters(1, 2, 0.999f, 0.999f),
          new Parameters(-1, -1, 2, -1));

  static void addTo(List<OpCase> cases) {
    for (Parameters parameters : PARAMETERS) {
      for (int vocabulary : VOCABULARIES) {
        for (boolean ties : new boolean[] {false, true}) {
          addDrawn(cases, 5, vocabulary, parameters, ties);
        }
      }
    }
    addDrawn(cases, 0, 7, PARAMETERS.get(2), false);
    for (Parameters parameters : PARAMETERS.subList(1, 7)) {
      addDrawn(cases, 2, LARGE, parameters, false);
    }
    addDrawn(cases, 2, LARGE, new Parameters(1, 1000, 0.9f, 0), true);
    add(cases, "rows of all kinds", SampleGrid::mixed);
    add(cases, "equal logits", SampleGrid::equal);
    add(cases, "huge logits", SampleGrid::huge);
    add(cases, "both zeros", SampleGrid::zeros);
  }

  private interface RowsBuilder {
    List<Row> build(Draw draw);
  }

  private record Row(float[] logits, Parameters parameters, float point) {}

  private static void addDrawn(
      List<OpCase> cases, int rows, int vocabulary, Parameters p, boolean ties) {
    String label =
        "R=%d V=%d, T=%s k=%d p=%s min=%s%s"
            .formatted(
                rows,
                vocabulary,
                p.temperature(),
                p.topK(),
                p.topP(),
                p.minP(),
                ties ? ", ties" : "");
    add(
        cases,
        label,
        vocabulary,
        ties ? Layout.GAPPED : Layout.DENSE,
        draw -> {
          List<Row> drawn = new ArrayList<>();
          for (int r = 0; r < rows; r++) {
            float[] logits = logits(draw.named("row " + r), vocabulary, ties);
            drawn.add(new Row(logits, p, point(draw, logits, p)));
          }
          return drawn;
        });
  }

  private static void add(List<OpCase> cases, String label, RowsBuilder builder) {
    add(cases, label, 4, Layout.GAPPED, builder);
  }

  private static void add(
      List<OpCase> cases, String label, int vocabulary, Layout layout, RowsBuilder builder) {
    cases.add(
        OpCase.of(
            Sample.class, label, (f, draw) -> op(f, layout, vocabulary, builder.build(draw))));
  }

  /** With ties, logits come from three values, so that equal ones meet every border. */
  private static float[] logits(Draw draw, int vocabulary, boolean ties) {
    if (!ties) {
      return draw.peaky(vocabulary, 3);
    }
    int[] levels = draw.ints(vocabulary, 3);
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = levels[i] - 1;
    }
    return logits;
  }

  /** The middle of some token's share, so that rounding cannot lead to its neighbour. */
  private static float point(Draw draw, float[] logits, Parameters parameters) {
    double[] shares = ReferenceSampling.shares(logits, parameters);
    float best = 0;
    double widest = 0;
    for (int i = 0; i < TRIES && widest < HITTABLE; i++) {
      double drawn = draw.between(1, 0, 1)[0];
      double before = 0;
      for (double share : shares) {
        if (drawn >= before && drawn < before + share && share > widest) {
          widest = share;
          best = (float) (before + share / 2);
        }
        before += share;
      }
    }
    return best;
  }

  private static List<Row> mixed(Draw draw) {
    Parameters greedy = new Parameters(0, 0, 1, 0);
    Parameters random = new Parameters(1, 0, 1, 0);
    Parameters narrowed = new Parameters(1, 2, 0.9f, 0.1f);
    float nan = Float.NaN;
    float infinity = Float.POSITIVE_INFINITY;
    List<Row> rows = new ArrayList<>();
    for (Parameters p : List.of(greedy, random, narrowed)) {
      rows.add(new Row(new float[] {1, nan, 3, 2}, p, 0.5f));
      rows.add(new Row(new float[] {1, 2, 3, -nan}, p, 0.5f));
      rows.add(new Row(new float[] {infinity, 2, 3, 4}, p, 0.5f));
      rows.add(new Row(new float[] {BANNED, BANNED, BANNED, BANNED}, p, 0.5f));
      rows.add(new Row(new float[] {BANNED, -5, BANNED, BANNED}, p, 0.5f));
      rows.add(new Row(new float[] {BANNED, 1, 1, BANNED}, p, 0));
      rows.add(new Row(new float[] {BANNED, 1, 1, BANNED}, p, Math.nextDown(1f)));
      rows.add(new Row(new float[] {-1, -2, -1, -1}, p, 0.1f));
    }
    return rows;
  }

  private static List<Row> equal(Draw draw) {
    List<Row> rows = new ArrayList<>();
    float[] logits = {2.5f, 2.5f, 2.5f, 2.5f};
    for (Parameters p :
        List.of(
            new Parameters(0, 0, 1, 0),
            new Parameters(1, 0, 1, 0),
            new Parameters(1, 3, 1, 0),
            new Parameters(1, 0, 0.5f, 0),
            new Parameters(1, 3, 0.5f, 0),
            new Parameters(1, 3, 1, 1),
            new Parameters(1, 0, 1, 1))) {
      for (int i = 0; i < 4; i++) {
        rows.add(new Row(logits, p, i / 4f + 0.0625f));
      }
    }
    return rows;
  }

  private static List<Row> huge(Draw draw) {
    float max = Float.MAX_VALUE;
    Parameters random = new Parameters(1, 0, 1, 0);
    Parameters narrowed = new Parameters(0.5f, 3, 0.9f, 0.1f);
    return List.of(
        new Row(new float[] {-max, 1, max, 0}, random, Math.nextDown(1f)),
        new Row(new float[] {-max, -max, -max, BANNED}, random, 0.4f),
        new Row(new float[] {max, max, -max, 0}, random, 0.6f),
        new Row(new float[] {max, max, -max, 0}, narrowed, 0.6f),
        new Row(new float[] {1e-45f, 0, -1e-45f, BANNED}, new Parameters(0, 0, 1, 0), 0));
  }

  private static List<Row> zeros(Draw draw) {
    float[] logits = {-1, -0.0f, 0, -0.0f};
    return List.of(
        new Row(logits, new Parameters(0, 0, 1, 0), 0),
        new Row(logits, new Parameters(1, 1, 1, 0), 0.9f),
        new Row(logits, new Parameters(1, 2, 1, 0), 0.9f),
        new Row(logits, new Parameters(1, 0, 1, 1), 0.9f));
  }

  private static Sample op(Fixture f, Layout layout, int vocabulary, List<Row> rows) {
    int count = rows.size();
    float[] logits = new float[count * vocabulary];
    float[] temperature = new float[count];
    int[] topK = new int[count];
    float[] topP = new float[count];
    float[] minP = new float[count];
    float[] point = new float[count];
    for (int r = 0; r < count; r++) {
      Row row = rows.get(r);
      System.arraycopy(row.logits, 0, logits, r * vocabulary, vocabulary);
      temperature[r] = row.parameters.temperature();
      topK[r] = row.parameters.topK();
      topP[r] = row.parameters.topP();
      minP[r] = row.parameters.minP();
      point[r] = row.point;
    }
    return new Sample(
        f.f32(layout, logits, count, vocabulary),
        f.f32(temperature, count),
        f.i32(topK, count),
        f.f32(topP, count),
        f.f32(minP, count),
        f.f32(point, count),
        f.poisoned(DType.I32, Layout.DENSE, count));
  }
}
