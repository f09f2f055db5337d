package dev.levin.cli;

import dev.levin.formats.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a model of a real shape with random weights, for measuring. */
@Command(
    name = "synthesize",
    description = "Writes a GGUF model of a real shape with random weights, for measuring.",
    mixinStandardHelpOptions = true)
final class SynthesizeCommand implements Callable<Integer> {
  private final CommandIo io;

  @Parameters(
      paramLabel = "SHAPE[:TYPE]",
      description = "Shape and weight type, for example llama-1b:Q8_0.")
  private String shape;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The GGUF file to write.")
  private Path output;

  SynthesizeCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    SyntheticModel model = SyntheticModel.parse(shape);
    requireReplaceable(output);
    model.write(output);
    io.message("wrote " + output + ", " + Units.bytes(Files.size(output)));
    return ExitCode.OK;
  }

  private static void requireReplaceable(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new UserException(
          file + (Files.isDirectory(file) ? ": is a folder" : ": is a device, expected a file"));
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new UserException(folder + ": no such folder");
    }
  }
}
