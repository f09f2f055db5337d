package dev.levin.cli;

import dev.levin.core.DeviceException;
import dev.levin.core.LevinException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns what was thrown into one line on standard error and an exit code. */
final class Errors {
  /** Set to {@code true}, an error's stack trace follows its line. */
  static final String TRACE_PROPERTY = "levin.trace";

  private final CommandIo io;

  Errors(CommandIo io) {
    this.io = io;
  }

  /** A command line that picocli does not understand. */
  int usage(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message = problem.getMessage().replaceFirst("^Error: ", "");
    report(message + " (" + name + " --help tells the options)", problem);
    return ExitCode.USER;
  }

  /** An exception out of a command. */
  int execution(Exception problem, CommandLine command, ParseResult result) {
    return handle(problem);
  }

  int handle(Throwable problem) {
    if (problem instanceof OutputClosedException) {
      return ExitCode.OK;
    }
    if (isForUser(problem)) {
      report(describe(problem), problem);
      return ExitCode.USER;
    }
    report("internal error: " + problem + " (-D" + TRACE_PROPERTY + "=true shows where)", problem);
    return ExitCode.INTERNAL;
  }

  private static boolean isForUser(Throwable problem) {
    return switch (problem) {
      case DeviceException device ->
          switch (device.kind()) {
            case OUT_OF_MEMORY, UNSUPPORTED, INVALID_ARGUMENT, UNAVAILABLE -> true;
            case DEVICE_LOST, INTERNAL -> false;
          };
      case LevinException known -> true;
      case OutOfMemoryError heap -> true;
      case UserException known -> true;
      case IllegalArgumentException misuse -> true;
      case IOException file -> true;
      case UncheckedIOException file -> true;
      default -> false;
    };
  }

  private static String describe(Throwable problem) {
    return switch (problem) {
      case UncheckedIOException wrapper -> describe(wrapper.getCause());
      case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case InvalidPathException path -> "'" + path.getInput() + "' is not a path";
      case FileSystemException file -> describe(file);
      case OutOfMemoryError heap ->
          "out of memory: " + heap.getMessage() + "; LEVIN_OPTS=-Xmx4g gives Java 4 GB";
      default -> problem.getMessage() == null ? problem.toString() : problem.getMessage();
    };
  }

  private static String describe(FileSystemException problem) {
    String reason = problem.getReason();
    return problem.getFile()
        + ": "
        + (reason == null ? problem.getClass().getSimpleName() : reason);
  }

  private void report(String message, Throwable problem) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
    boolean colours = CommandIo.colours(io.errTerminal());
    io.message((colours ? "\u001b[31mlevin:\u001b[0m " : "levin: ") + line);
    if (Boolean.getBoolean(TRACE_PROPERTY)) {
      problem.printStackTrace(io.err());
    }
  }
}
