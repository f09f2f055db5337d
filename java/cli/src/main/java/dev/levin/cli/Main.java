package dev.levin.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Entry point of the {@code levin} command. */
public final class Main {
  /** Number of the descriptor that is the real standard error; the launcher sets it. */
  private static final String STANDARD_ERROR_PROPERTY = "levin.stderr";

  private Main() {}

  /** Runs a subcommand and ends the process with its exit code. */
  public static void main(String[] args) {
    Integer descriptor = Integer.getInteger(STANDARD_ERROR_PROPERTY);
    if (descriptor != null) {
      NativeTerminal.move(descriptor, NativeTerminal.STANDARD_ERROR);
    }
    System.exit(run(CommandIo.standard(), args));
  }

  /** Runs a subcommand on the given streams and returns its exit code, see {@link ExitCode}. */
  static int run(CommandIo io, String... args) {
    CommandLine line = new CommandLine(new LevinCommand(), new CommandFactory(io));
    Converters.register(line);
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    StringWriter help = new StringWriter();
    line.setOut(new PrintWriter(help, true));
    line.setErr(new PrintWriter(io.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            CommandIo.colours(io.outTerminal()) ? Ansi.ON : Ansi.OFF));
    Errors errors = new Errors(io);
    line.setParameterExceptionHandler(errors::usage);
    line.setExecutionExceptionHandler(errors::execution);
    try {
      int code = line.execute(args);
      // A print writer of the stream would keep a full disk to itself.
      io.write(help.toString());
      return code;
    } catch (IOException
        | OutputClosedException
        | OutOfMemoryError
        | StackOverflowError
        | LinkageError problem) {
      return errors.handle(problem);
    }
  }
}
