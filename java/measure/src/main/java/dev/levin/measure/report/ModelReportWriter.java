package dev.levin.measure.report;

import dev.levin.core.backend.Ceilings;
import dev.levin.measure.model.ModelReport;
import dev.levin.measure.model.ModelResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Results of {@code levin bench} in all formats. */
public final class ModelReportWriter {
  /** A column that shows only when its values differ. */
  private record OptionalColumn(String name, Function<ModelResult, Object> value) {}

  private static final List<OptionalColumn> OPTIONAL =
      List.of(
          new OptionalColumn("kernels", ModelResult::kernels),
          new OptionalColumn("kv", ModelResult::kvDtype),
          new OptionalColumn("-b", ModelResult::maxTokensPerStep));

  private final ModelReport report;

  public ModelReportWriter(ModelReport report) {
    this.report = report;
  }

  public String write(OutputFormat format) {
    return switch (format) {
      case MD -> markdown();
      case CSV -> csv().csv();
      case JSON -> JsonReport.write(report);
      case HTML -> html();
    };
  }

  private List<OptionalColumn> varied() {
    return OPTIONAL.stream()
        .filter(column -> report.results().stream().map(column.value).distinct().count() > 1)
        .toList();
  }

  private Table table() {
    List<OptionalColumn> varied = varied();
    List<String> header =
        new ArrayList<>(List.of("model", ">size", ">params", "backend", ">threads"));
    varied.forEach(column -> header.add(column.name));
    header.addAll(List.of(">test", ">t/s", ">% bw", ">% peak"));
    Table table = Table.of(header);
    for (ModelResult result : report.results()) {
      List<String> row =
          new ArrayList<>(
              List.of(
                  result.model(),
                  Numbers.bytes(result.bytes()),
                  Numbers.count(result.parameters()),
                  result.backend(),
                  result.threads() == 0 ? "" : Integer.toString(result.threads())));
      varied.forEach(column -> row.add(String.valueOf(column.value.apply(result))));
      row.add(result.test());
      row.add(Numbers.spread(result.tokensPerSecond(), result.deviation()));
      row.add(percent(result.percentOfBandwidth()));
      row.add(percent(result.percentOfPeak()));
      table.add(row);
    }
    return table;
  }

  private static String percent(Double value) {
    return value == null ? "" : Numbers.fixed(value, 1);
  }

  private String markdown() {
    StringBuilder text = new StringBuilder(table().markdown());
    text.append('\n').append(constants()).append('\n');
    ceilings().forEach((place, limits) -> text.append(place + ": " + limits + "\n"));
    return text.append(EnvironmentLines.brief(report.environment())).append('\n').toString();
  }

  /** What was the same everywhere and therefore has no column. */
  private String constants() {
    List<String> parts = new ArrayList<>();
    if (!report.results().isEmpty()) {
      ModelResult first = report.results().getFirst();
      for (OptionalColumn column : OPTIONAL) {
        String value = String.valueOf(column.value.apply(first));
        if (!varied().contains(column) && !value.isEmpty()) {
          parts.add(column.name + " " + value);
        }
      }
      parts.add("r = " + first.nanos().size());
    }
    return String.join(", ", parts);
  }

  /** The ceilings of every backend, from the lowest to the highest that a test was held to. */
  private Map<String, String> ceilings() {
    Map<String, List<Ceilings>> all = new LinkedHashMap<>();
    for (ModelResult result : report.results()) {
      if (result.ceilings() != null) {
        String threads = result.threads() == 0 ? "" : ", " + result.threads() + " threads";
        all.computeIfAbsent(result.backend() + threads, place -> new ArrayList<>())
            .add(result.ceilings());
      }
    }
    Map<String, String> lines = new LinkedHashMap<>();
    all.forEach((place, limits) -> lines.put(place, EnvironmentLines.describe(limits)));
    return lines;
  }

  private Table csv() {
    Table table =
        Table.of(
            List.of(
                "model",
                "bytes",
                "parameters",
                "backend",
                "device",
                "kernels",
                "threads",
                "kv_dtype",
                "max_tokens_per_step",
                "depth",
                "prompt_tokens",
                "generated_tokens",
                "test",
                "repetitions",
                "tokens_per_second",
                "deviation",
                "percent_of_bandwidth",
                "percent_of_peak",
                "read_bytes_per_second",
                "flops_per_second",
                "commit",
                "date"));
    report.results().forEach(result -> table.add(csvRow(result)));
    return table;
  }

  private List<String> csvRow(ModelResult result) {
    Ceilings limits = result.ceilings();
    List<String> cells = new ArrayList<>();
    for (Object value :
        new Object[] {
          result.model(),
          result.bytes(),
          result.parameters(),
          result.backend(),
          result.device(),
          result.kernels(),
          result.threads(),
          result.kvDtype(),
          result.maxTokensPerStep(),
          result.depth(),
          result.promptTokens(),
          result.generatedTokens(),
          result.test(),
          result.nanos().size(),
          result.tokensPerSecond(),
          result.deviation(),
          result.percentOfBandwidth(),
          result.percentOfPeak(),
          limits == null ? null : limits.readBytesPerSecond(),
          limits == null ? null : limits.flopsPerSecond(),
          report.environment().commit(),
          report.environment().date(),
        }) {
      cells.add(value == null ? "" : value.toString());
    }
    return cells;
  }

  private String html() {
    HtmlPage page = new HtmlPage("levin bench");
    Map<String, BarChart> speeds = new LinkedHashMap<>();
    BarChart bandwidth = new BarChart(100);
    BarChart peak = new BarChart(100);
    for (ModelResult result : report.results()) {
      String label = label(result);
      speeds
          .computeIfAbsent(result.test(), test -> new BarChart(0))
          .add(
              label,
              result.tokensPerSecond(),
              result.deviation(),
              Numbers.significant(result.tokensPerSecond()));
      addPercent(bandwidth, label, result, result.percentOfBandwidth());
      addPercent(peak, label, result, result.percentOfPeak());
    }
    speeds.forEach((test, chart) -> page.drawing(test + ", tokens per second", chart.svg()));
    if (report.results().stream().anyMatch(result -> result.percentOfBandwidth() != null)) {
      page.drawing("Decode, % of read bandwidth", bandwidth.svg());
    }
    if (report.results().stream().anyMatch(result -> result.percentOfPeak() != null)) {
      page.drawing("Prefill, % of F32 multiply-add peak", peak.svg());
    }
    page.table("Results", table());
    Table limits = Table.of(List.of("backend", "measured ceilings"));
    ceilings().forEach((place, text) -> limits.add(List.of(place, text)));
    return page.table("Ceilings", limits).environment(report.environment()).toString();
  }

  private String label(ModelResult result) {
    StringBuilder label = new StringBuilder(result.model() + ", " + result.backend());
    if (result.threads() > 0) {
      label.append(' ').append(result.threads());
    }
    varied().forEach(column -> label.append(", ").append(column.value.apply(result)));
    return label.toString();
  }

  private static void addPercent(BarChart chart, String label, ModelResult result, Double value) {
    if (value != null) {
      chart.add(label + ", " + result.test(), value, 0, Numbers.fixed(value, 1) + " %");
    }
  }
}
