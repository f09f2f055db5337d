package dev.levin.measure.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Horizontal bars with their values, as SVG. */
public final class BarChart {
  private static final int WIDTH = 900;
  private static final int LABEL_WIDTH = 330;
  private static final int VALUE_WIDTH = 130;
  private static final int ROW_HEIGHT = 24;
  private static final int BAR_HEIGHT = 16;

  private record Bar(String label, double value, double deviation, String text) {}

  private final List<Bar> bars = new ArrayList<>();
  private final double least;

  /**
   * @param scale value that fits even when every bar is shorter, 0 for none
   */
  public BarChart(double scale) {
    least = scale;
  }

  /**
   * @param deviation drawn as a whisker when it is not 0
   * @param text what stands beside the bar
   */
  public void add(String label, double value, double deviation, String text) {
    bars.add(new Bar(label, value, deviation, text));
  }

  public String svg() {
    double largest = Math.max(least, 1e-9);
    for (Bar bar : bars) {
      largest = Math.max(largest, bar.value + bar.deviation);
    }
    double scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / largest;
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
            .formatted(WIDTH, bars.size() * ROW_HEIGHT + 8));
    for (int i = 0; i < bars.size(); i++) {
      append(svg, bars.get(i), 4 + i * ROW_HEIGHT, scale);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void append(StringBuilder svg, Bar bar, int top, double scale) {
    int middle = top + BAR_HEIGHT / 2;
    double end = LABEL_WIDTH + bar.value * scale;
    svg.append(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n"
            .formatted(LABEL_WIDTH - 8, middle + 4, HtmlPage.escape(bar.label)));
    svg.append(
        format(
            "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
            LABEL_WIDTH, top, bar.value * scale, BAR_HEIGHT));
    double whisker = bar.deviation * scale;
    if (whisker > 0.5) {
      svg.append(
          format(
              "<path class=\"line\" d=\"M%.1f %d H%.1f\"/>\n",
              Math.max(LABEL_WIDTH, end - whisker), middle, end + whisker));
    }
    svg.append(
        format(
            "<text x=\"%.1f\" y=\"%d\">%s</text>\n",
            end + whisker + 6, middle + 4, HtmlPage.escape(bar.text)));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
