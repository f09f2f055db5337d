package dev.levin.cli;

import dev.levin.measure.kernel.KernelReport;
import dev.levin.measure.report.KernelReportWriter;
import dev.levin.measure.report.RooflinePlot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the machine allows, and where the kernels are below it. */
@Command(
    name = "roofline",
    description = "Plots the machine's measured roofline with kernels on it.",
    mixinStandardHelpOptions = true)
final class BenchRooflineCommand implements Callable<Integer> {
  private static final String DEFAULT_OPS = "linear|attention";

  private final CommandIo io;

  @Mixin private KernelOptions kernels;

  @Mixin private ReportOutput output;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description =
          "Plots results of 'bench kernels' that were saved as JSON instead of measuring anew.")
  private Path results;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Writes the plot as SVG; of several backends the first.")
  private Path svg;

  BenchRooflineCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    output.check();
    KernelReport report =
        results == null
            ? new KernelReport(output.environment(), kernels.run(io, DEFAULT_OPS))
            : KernelReport.read(results);
    KernelReportWriter writer = new KernelReportWriter(report);
    Map<String, RooflinePlot> plots = writer.plots();
    if (plots.isEmpty()) {
      throw new UserException("no backend of these results has measured its ceilings");
    }
    if (svg != null) {
      Files.writeString(svg, plots.values().iterator().next().svg());
    }
    if (output.isMarkdown()) {
      for (Map.Entry<String, RooflinePlot> plot : plots.entrySet()) {
        io.write(plot.getKey() + ", GFLOP/s\n" + plot.getValue().text() + "\n");
      }
    }
    output.write(io, writer::write);
    return ExitCode.OK;
  }
}
