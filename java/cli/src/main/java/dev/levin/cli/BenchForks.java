package dev.levin.cli;

import dev.levin.measure.model.ModelReport;
import dev.levin.measure.model.ModelResult;
import dev.levin.measure.report.JsonReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs parts of a bench, each in a JVM of its own with the options of this one. What a JVM ran
 * before decides how its compiler treats what comes next; a user's JVM runs one model.
 */
final class BenchForks {
  /** What the JVM says of {@code --add-modules} before any Java runs. */
  private static final String INCUBATOR_WARNING = "WARNING: Using incubator modules:";

  /** Belongs to the streams that the launcher gave to this process. */
  private static final String DESCRIPTOR_OPTION = "-Dlevin.stderr=";

  private final CommandIo io;

  BenchForks(CommandIo io) {
    this.io = io;
  }

  /**
   * Runs {@code levin} with these arguments, which make it save a report.
   *
   * @param report where it saves
   * @param results what was measured is added, also when it failed later
   * @return its exit code; what went wrong it has said
   */
  int run(List<String> arguments, Path report, List<ModelResult> results) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(commandLine(arguments));
    // The JVM's options name all that these variables brought.
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    Thread stop = new Thread(process::destroy);
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      process.getOutputStream().close();
      passOn(process);
      int code = process.waitFor();
      if (Files.size(report) > 0) {
        results.addAll(JsonReport.read(report, ModelReport.class).results());
      }
      return code;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a part of the bench ran");
    } finally {
      process.destroy();
      removeHook(stop);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This JVM is about to end and runs the hook.
      return;
    }
  }

  private void passOn(Process process) throws IOException {
    try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
      lines.lines().filter(line -> !line.startsWith(INCUBATOR_WARNING)).forEach(io::message);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static List<String> commandLine(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith(DESCRIPTOR_OPTION))
        .forEach(command::add);
    // The table on its standard output is thrown away, what ails the JVM should not be.
    command.add("-XX:+DisplayVMOutputToStderr");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }
}
