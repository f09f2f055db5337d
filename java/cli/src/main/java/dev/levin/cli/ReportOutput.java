package dev.levin.cli;

import dev.levin.measure.Environment;
import dev.levin.measure.LevinVersion;
import dev.levin.measure.report.OutputFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a bench writes its report. */
final class ReportOutput {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "md",
      description = "What is printed: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private OutputFormat format;

  @Option(
      names = "--save",
      split = ",",
      paramLabel = "FILE",
      description = "Writes the report to files as well, in the format their names end with.")
  private List<Path> files = List.of();

  /** Fails before anything is measured when a file's format cannot be told. */
  void check() {
    files.forEach(file -> OutputFormat.ofFileName(file.toString()));
  }

  boolean isMarkdown() {
    return format == OutputFormat.MD;
  }

  Environment environment() throws IOException {
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    return Environment.current(
        LevinVersion.number(),
        LevinVersion.commit().orElse(""),
        "levin " + String.join(" ", arguments));
  }

  void write(CommandIo io, Function<OutputFormat, String> report) throws IOException {
    for (Path file : files) {
      Files.writeString(file, report.apply(OutputFormat.ofFileName(file.toString())));
    }
    io.write(report.apply(format));
  }
}
