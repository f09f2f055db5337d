package dev.levin.measure.kernel;

import dev.levin.measure.Environment;
import dev.levin.measure.report.JsonReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A run of {@code levin bench kernels}.
 *
 * @param kind {@value #KIND}: tells this file from other results
 */
public record KernelReport(String kind, Environment environment, List<KernelResult> results) {
  public static final String KIND = "kernels";

  public KernelReport(Environment environment, List<KernelResult> results) {
    this(KIND, environment, List.copyOf(results));
  }

  /**
   * Reads a saved report.
   *
   * @throws IllegalArgumentException naming the file, when it holds anything else
   */
  public static KernelReport read(Path file) throws IOException {
    KernelReport report = JsonReport.read(file, KernelReport.class);
    if (!KIND.equals(report.kind) || report.results == null) {
      throw new IllegalArgumentException(
          file + ": not results of 'levin bench kernels' saved as JSON");
    }
    return report;
  }

  /** The same results with their ratio to earlier ones. */
  public KernelReport against(KernelReport earlier) {
    return against(earlier.results);
  }

  /**
   * The same results with their ratio to some of them.
   *
   * @param place what the place of the baseline starts with, for example {@code cpu:scalar}
   * @throws IllegalArgumentException when no result is from there
   */
  public KernelReport against(String place) {
    List<KernelResult> base = results.stream().filter(result -> isAt(result, place)).toList();
    if (base.isEmpty()) {
      throw new IllegalArgumentException(
          "the baseline '%s' is no .json file and no backend of this run, which has %s"
              .formatted(place, results.stream().map(KernelResult::place).distinct().toList()));
    }
    return against(base);
  }

  private KernelReport against(List<KernelResult> base) {
    List<KernelResult> compared =
        results.stream()
            .map(
                result ->
                    result.withRatio(
                        counterpart(base, result)
                            .map(other -> other.micros() / result.micros())
                            .orElse(null)))
            .toList();
    return new KernelReport(environment, compared);
  }

  private static boolean isAt(KernelResult result, String place) {
    return (result.place() + ":").startsWith(place + ":");
  }

  /** The same case at the same place, or else at any. */
  private static Optional<KernelResult> counterpart(List<KernelResult> base, KernelResult result) {
    Optional<KernelResult> same =
        base.stream()
            .filter(other -> other.isSameCase(result) && other.place().equals(result.place()))
            .findFirst();
    return same.isPresent()
        ? same
        : base.stream().filter(other -> other.isSameCase(result)).findFirst();
  }
}
