package dev.levin.measure.report;

import dev.levin.core.backend.Ceilings;
import dev.levin.measure.kernel.KernelReport;
import dev.levin.measure.kernel.KernelResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results of {@code levin bench kernels} and {@code levin bench roofline} in all formats. */
public final class KernelReportWriter {
  private final KernelReport report;

  public KernelReportWriter(KernelReport report) {
    this.report = report;
  }

  public String write(OutputFormat format) {
    return switch (format) {
      case MD ->
          table().markdown()
              + "\n"
              + ceilingsText()
              + EnvironmentLines.brief(report.environment())
              + "\n";
      case CSV -> csv().csv();
      case JSON -> JsonReport.write(report);
      case HTML -> html();
    };
  }

  /** Ceilings of each place, the best measurement of its bandwidth. */
  private Map<String, Ceilings> ceilings() {
    Map<String, Ceilings> ceilings = new LinkedHashMap<>();
    for (KernelResult result : report.results()) {
      if (result.ceilings() != null) {
        ceilings.merge(
            result.place(),
            result.ceilings(),
            (a, b) -> a.readBytesPerSecond() > b.readBytesPerSecond() ? a : b);
      }
    }
    return ceilings;
  }

  private String ceilingsText() {
    StringBuilder text = new StringBuilder();
    ceilings()
        .forEach(
            (place, limits) ->
                text.append(place + ": " + EnvironmentLines.describe(limits) + "\n"));
    return text.toString();
  }

  private boolean hasRatios() {
    return report.results().stream().anyMatch(result -> result.ratio() != null);
  }

  private Table table() {
    List<String> header =
        new ArrayList<>(
            List.of(
                "backend", "op", "dtype", "model", "shape", ">us", ">GFLOP/s", ">GB/s", ">% roof"));
    if (hasRatios()) {
      header.add(">x base");
    }
    Table table = Table.of(header);
    for (KernelResult result : report.results()) {
      List<String> row =
          new ArrayList<>(
              List.of(
                  result.place(),
                  result.op(),
                  result.dtype(),
                  result.model(),
                  result.shape(),
                  Numbers.significant(result.micros()),
                  Numbers.significant(result.gflops()),
                  Numbers.significant(result.gigabytes()),
                  optional(result.percentOfRoofline(), 1)));
      if (hasRatios()) {
        row.add(optional(result.ratio(), 2));
      }
      table.add(row);
    }
    return table;
  }

  private static String optional(Double value, int decimals) {
    return value == null ? "" : Numbers.fixed(value, decimals);
  }

  private Table csv() {
    Table table =
        Table.of(
            List.of(
                "backend",
                "kernels",
                "threads",
                "op",
                "dtype",
                "model",
                "shape",
                "micros",
                "deviation",
                "flops",
                "bytes",
                "gflops",
                "gigabytes",
                "percent_of_roofline",
                "ratio",
                "commit",
                "date"));
    for (KernelResult result : report.results()) {
      table.add(
          List.of(
              result.backend(),
              result.kernels(),
              Integer.toString(result.threads()),
              result.op(),
              result.dtype(),
              result.model(),
              result.shape(),
              Double.toString(result.micros()),
              Double.toString(result.deviation()),
              Long.toString(result.flops()),
              Long.toString(result.bytes()),
              Double.toString(result.gflops()),
              Double.toString(result.gigabytes()),
              result.percentOfRoofline() == null ? "" : result.percentOfRoofline().toString(),
              result.ratio() == null ? "" : result.ratio().toString(),
              report.environment().commit(),
              report.environment().date()));
    }
    return table;
  }

  private String html() {
    HtmlPage page = new HtmlPage("levin bench kernels");
    plots().forEach((place, plot) -> page.drawing("Roofline of " + place, plot.svg()));
    Map<String, BarChart> charts = new LinkedHashMap<>();
    for (KernelResult result : report.results()) {
      if (result.percentOfRoofline() != null) {
        charts
            .computeIfAbsent(result.op(), op -> new BarChart(100))
            .add(
                "%s %s, %s".formatted(result.dtype(), result.shape(), result.place()),
                Math.min(result.percentOfRoofline(), 150),
                0,
                Numbers.fixed(result.percentOfRoofline(), 1) + " %");
      }
    }
    charts.forEach((op, chart) -> page.drawing(op + ", % of roofline", chart.svg()));
    page.table("Results", table());
    Table limits = Table.of(List.of("backend", "measured ceilings"));
    ceilings()
        .forEach((place, value) -> limits.add(List.of(place, EnvironmentLines.describe(value))));
    return page.table("Ceilings", limits).environment(report.environment()).toString();
  }

  /** A plot for each place whose ceilings are known. */
  public Map<String, RooflinePlot> plots() {
    Map<String, RooflinePlot> plots = new LinkedHashMap<>();
    ceilings().forEach((place, limits) -> plots.put(place, new RooflinePlot(limits)));
    for (KernelResult result : report.results()) {
      if (plots.containsKey(result.place())) {
        plots.get(result.place()).add(result);
      }
    }
    return plots;
  }
}
