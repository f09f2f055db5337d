package dev.levin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command itself, which does nothing without a subcommand. */
@Command(
    name = "levin",
    description = "Runs large language models on the JVM.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "SUBCOMMAND",
    subcommands = {
      GenerateCommand.class,
      ChatCommand.class,
      InspectCommand.class,
      TokenizeCommand.class,
      LogitsCommand.class,
      RenderCommand.class,
      DevicesCommand.class,
      SynthesizeCommand.class,
      BenchCommand.class,
      PerplexityCommand.class,
      CommandLine.HelpCommand.class,
    },
    footer = {
      "",
      "Results go to standard output, everything else to standard error.",
      "Exit codes: 0 done, 1 internal error, 2 wrong usage or bad file.",
      "./levin -Dkey=value ... SUBCOMMAND and LEVIN_OPTS hand options to the JVM.",
    })
final class LevinCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "no subcommand given");
  }
}
