package dev.levin.cli;

import dev.levin.measure.Environment;
import dev.levin.measure.kernel.KernelReport;
import dev.levin.measure.report.KernelReportWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Speed of single ops. */
@Command(
    name = "kernels",
    description = "Measures every op at the shapes of real models, against the machine's roofline.",
    mixinStandardHelpOptions = true)
final class BenchKernelsCommand implements Callable<Integer> {
  private final CommandIo io;

  @Mixin private KernelOptions kernels;

  @Mixin private ReportOutput output;

  @Option(
      names = "--baseline",
      paramLabel = "FILE|BACKEND",
      description =
          "What to compare with: earlier results saved as JSON, or a backend of this run, for"
              + " example cpu:scalar.")
  private String baseline;

  @Option(
      names = "--tune",
      description =
          "Instead, searches how the backend cuts work on this device and keeps the best for later"
              + " runs; with --shapes, --dtype and --time as here.")
  private boolean tune;

  BenchKernelsCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    if (tune) {
      kernels.tune(io);
      return ExitCode.OK;
    }
    output.check();
    Environment environment = output.environment();
    KernelReport earlier = null;
    if (baseline != null && baseline.endsWith(".json")) {
      // Read before hours of measuring, not after.
      earlier = KernelReport.read(Path.of(baseline));
    }
    KernelReport report = new KernelReport(environment, kernels.run(io, ""));
    if (earlier != null) {
      report = report.against(earlier);
    } else if (baseline != null) {
      report = report.against(baseline);
    }
    output.write(io, new KernelReportWriter(report)::write);
    return ExitCode.OK;
  }
}
