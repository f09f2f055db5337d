package dev.levin.measure.report;

import dev.levin.core.backend.Ceilings;
import dev.levin.measure.kernel.KernelResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a machine allows at each arithmetic intensity, and where kernels are below it. Both axes are
 * logarithmic: FLOP a byte, and GFLOP/s.
 */
public final class RooflinePlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 460;
  private static final int LEFT = 70;
  private static final int RIGHT = 20;
  private static final int TOP = 20;
  private static final int BOTTOM = 50;
  private static final int COLUMNS = 72;
  private static final int ROWS = 20;

  /** Kernels that only move bytes have no place on the plot. */
  private record Point(String label, double intensity, double gflops) {}

  private final Ceilings ceilings;
  private final List<Point> points = new ArrayList<>();
  private double leastIntensity = 1.0 / 16;
  private double mostIntensity = 1024;
  private double leastGflops;
  private double mostGflops;

  public RooflinePlot(Ceilings ceilings) {
    this.ceilings = ceilings;
    mostGflops = ceilings.flopsPerSecond() / 1e9 * 2;
    leastGflops = roof(leastIntensity) / 8;
  }

  /** Adds a kernel, unless it computes nothing. */
  public void add(KernelResult result) {
    if (result.flops() > 0 && result.bytes() > 0) {
      String label = "%s %s %s".formatted(result.op(), result.dtype(), result.shape());
      double intensity = (double) result.flops() / result.bytes();
      points.add(new Point(label, intensity, result.gflops()));
      leastIntensity = Math.min(leastIntensity, intensity / 1.2);
      mostIntensity = Math.max(mostIntensity, intensity * 1.2);
      leastGflops = Math.min(leastGflops, result.gflops() / 1.2);
      mostGflops = Math.max(mostGflops, result.gflops() * 1.2);
    }
  }

  private double roof(double intensity) {
    return Math.min(ceilings.flopsPerSecond(), intensity * ceilings.readBytesPerSecond()) / 1e9;
  }

  /** Where memory stops being the limit, in FLOP a byte. */
  private double ridge() {
    return ceilings.flopsPerSecond() / ceilings.readBytesPerSecond();
  }

  private double x(double intensity) {
    return Math.log(intensity / leastIntensity) / Math.log(mostIntensity / leastIntensity);
  }

  private double y(double gflops) {
    return Math.log(gflops / leastGflops) / Math.log(mostGflops / leastGflops);
  }

  /** A drawing in which each kernel tells its name when pointed at. */
  public String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
            .formatted(WIDTH, HEIGHT));
    svg.append(
        """
        <style>
        text { font: 12px system-ui, sans-serif; fill: currentColor; }
        .line { stroke: currentColor; stroke-width: 2; fill: none; }
        .grid { stroke: #8885; fill: none; } .mark { fill: #d8663b; }
        </style>
        """);
    grid(svg);
    double ridge = Math.clamp(ridge(), leastIntensity, mostIntensity);
    svg.append(
        format(
            "<path class=\"line\" d=\"M%.1f %.1f L%.1f %.1f L%.1f %.1f\"/>\n",
            left(leastIntensity),
            top(roof(leastIntensity)),
            left(ridge),
            top(roof(ridge)),
            left(mostIntensity),
            top(roof(mostIntensity))));
    for (Point point : points) {
      svg.append(
          format(
              "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s: %s GFLOP/s, %s %%"
                  + " of the roof</title></circle>\n",
              left(point.intensity),
              top(point.gflops),
              HtmlPage.escape(point.label),
              Numbers.significant(point.gflops),
              Numbers.significant(100 * point.gflops / roof(point.intensity))));
    }
    return svg.append("</svg>\n").toString();
  }

  private double left(double intensity) {
    return LEFT + x(intensity) * (WIDTH - LEFT - RIGHT);
  }

  private double top(double gflops) {
    return HEIGHT - BOTTOM - y(gflops) * (HEIGHT - TOP - BOTTOM);
  }

  private void grid(StringBuilder svg) {
    int bottom = HEIGHT - BOTTOM;
    for (double mark : marks(leastIntensity, mostIntensity)) {
      svg.append(format("<path class=\"grid\" d=\"M%.1f %d V%d\"/>\n", left(mark), TOP, bottom));
      svg.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
              left(mark), bottom + 18, trim(mark)));
    }
    for (double mark : marks(leastGflops, mostGflops)) {
      svg.append(
          format("<path class=\"grid\" d=\"M%d %.1f H%d\"/>\n", LEFT, top(mark), WIDTH - RIGHT));
      svg.append(
          format(
              "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
              LEFT - 8, top(mark) + 4, trim(mark)));
    }
    svg.append(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">FLOP a byte</text>\n"
            .formatted((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12));
    svg.append(
        "<text x=\"16\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 16 %d)\">GFLOP/s</text>\n"
            .formatted(HEIGHT / 2, HEIGHT / 2));
  }

  /** Powers of ten within a range. */
  private static List<Double> marks(double least, double most) {
    List<Double> marks = new ArrayList<>();
    int power = (int) Math.ceil(Math.log10(least));
    for (double mark = Math.pow(10, power); mark <= most; mark = Math.pow(10, ++power)) {
      marks.add(mark);
    }
    return marks;
  }

  private static String trim(double power) {
    return power >= 1 ? Numbers.fixed(power, 0) : Numbers.significant(power).replaceAll("0+$", "");
  }

  /** The same in characters: {@code -} is the roof, a digit the number of kernels at a place. */
  public String text() {
    char[][] canvas = new char[ROWS][COLUMNS];
    for (char[] row : canvas) {
      Arrays.fill(row, ' ');
    }
    for (int column = 0; column < COLUMNS; column++) {
      double share = (double) column / (COLUMNS - 1);
      double intensity = leastIntensity * Math.pow(mostIntensity / leastIntensity, share);
      canvas[row(roof(intensity))][column] = intensity < ridge() ? '/' : '-';
    }
    for (Point point : points) {
      int column = (int) Math.round(x(point.intensity) * (COLUMNS - 1));
      char there = canvas[row(point.gflops)][column];
      canvas[row(point.gflops)][column] =
          there == '9' || there == '+' ? '+' : there >= '1' ? (char) (there + 1) : '1';
    }
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < ROWS; row++) {
      text.append(label(row)).append('|').append(new String(canvas[row]).stripTrailing());
      text.append('\n');
    }
    text.append(" ".repeat(9)).append('+').append("-".repeat(COLUMNS)).append('\n');
    String least = trimmed(leastIntensity);
    String most = trimmed(mostIntensity);
    String ridge = "FLOP a byte, ridge at " + Numbers.fixed(ridge(), 1);
    int gap = COLUMNS - least.length() - most.length() - ridge.length();
    text.append(" ".repeat(10)).append(least).append(" ".repeat(gap / 2)).append(ridge);
    return text.append(" ".repeat(gap - gap / 2)).append(most).append('\n').toString();
  }

  private static String trimmed(double value) {
    return Numbers.significant(value).replaceAll("(\\.\\d*?)0+$", "$1").replaceAll("\\.$", "");
  }

  private int row(double gflops) {
    double share = Math.clamp(y(gflops), 0.0, 1.0);
    return ROWS - 1 - (int) Math.round(share * (ROWS - 1));
  }

  /** GFLOP/s beside every fifth row. */
  private String label(int row) {
    if (row % 5 != 0 && row != ROWS - 1) {
      return " ".repeat(9);
    }
    double share = (double) (ROWS - 1 - row) / (ROWS - 1);
    double gflops = leastGflops * Math.pow(mostGflops / leastGflops, share);
    return "%8s ".formatted(Numbers.significant(gflops));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
