package dev.levin.measure.report;

import dev.levin.core.backend.Ceilings;
import dev.levin.measure.Environment;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/** An environment as names and values for people. */
public final class EnvironmentLines {
  private EnvironmentLines() {}

  static Map<String, String> of(Environment environment) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("command", environment.command());
    lines.put("date", environment.date());
    lines.put("levin", environment.levin() + commit(environment));
    lines.put("processor", environment.processor() + ", " + environment.processors() + " threads");
    if (environment.loadAverage() >= 0) {
      lines.put("load before", Numbers.fixed(environment.loadAverage(), 2));
    }
    lines.put("JDK", environment.jdk());
    lines.put("system", environment.os());
    lines.put("JVM options", String.join(" ", environment.jvmOptions()));
    return lines;
  }

  /** On one line, for below a Markdown table. */
  public static String brief(Environment environment) {
    String load =
        environment.loadAverage() < 0
            ? ""
            : ", load before " + Numbers.fixed(environment.loadAverage(), 1);
    return "levin %s%s, JDK %s, %s, %d processors%s, %s"
        .formatted(
            environment.levin(),
            commit(environment),
            environment.jdk(),
            environment.processor(),
            environment.processors(),
            load,
            environment.date());
  }

  /** For example {@code reads 24.0 GB/s, multiplies 194.0 GFLOP/s (F32)}. */
  static String describe(Ceilings limits) {
    return describe(List.of(limits));
  }

  static String describe(List<Ceilings> readings) {
    return "reads %s GB/s, multiplies %s GFLOP/s (F32)"
        .formatted(
            range(readings.stream().mapToDouble(Ceilings::readBytesPerSecond)),
            range(readings.stream().mapToDouble(Ceilings::flopsPerSecond)));
  }

  private static String range(DoubleStream perSecond) {
    DoubleSummaryStatistics all = perSecond.summaryStatistics();
    String low = Numbers.fixed(all.getMin() / 1e9, 1);
    String high = Numbers.fixed(all.getMax() / 1e9, 1);
    return low.equals(high) ? low : low + " to " + high;
  }

  private static String commit(Environment environment) {
    return environment.commit().isEmpty() ? "" : " (" + environment.commit() + ")";
  }
}
