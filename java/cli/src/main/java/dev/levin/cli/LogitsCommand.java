package dev.levin.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The forward pass laid open. */
@Command(
    name = "logits",
    description = "Writes the logits after every one of the given tokens.",
    mixinStandardHelpOptions = true)
final class LogitsCommand implements Callable<Integer> {
  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Mixin private RunOptions run;

  @Option(
      names = "--tokens",
      required = true,
      paramLabel = "IDS",
      description = "Token ids, separated by commas.")
  private String tokens;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "OUT.f32",
      description = "The file to write: float32, little-endian, [tokens, vocabulary].")
  private Path output;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description = "Most tokens in one forward pass; 0, the default, for as many as fit.")
  private int chunk;

  LogitsCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    int[] ids = TokenIds.parse("--tokens", tokens);
    if (ids.length == 0) {
      throw new ParameterException(spec.commandLine(), "--tokens names no token");
    }
    if (chunk < 0) {
      throw new ParameterException(
          spec.commandLine(), "--chunk is " + chunk + ", expected 0 or more");
    }
    try (LoadedModel loaded = LoadedModel.load(io, model, run, false);
        LogitsFile file = new LogitsFile(output)) {
      loaded.llm().logits(ids, chunk, (position, row) -> file.write(row));
      file.finish();
      int width = loaded.llm().config().vocabSize();
      io.message("wrote %s: float32 [%d, %d]".formatted(output, ids.length, width));
    }
    return ExitCode.OK;
  }
}
