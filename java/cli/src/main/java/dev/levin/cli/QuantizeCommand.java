package dev.levin.cli;

import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.quantize.Quantizer;
import dev.levin.formats.quantize.Recipe;
import dev.levin.measure.importance.Importance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a model with its weights in another encoding. */
@Command(
    name = "quantize",
    description = "Writes a GGUF model with its weights in another type or mix of types.",
    mixinStandardHelpOptions = true)
final class QuantizeCommand implements Callable<Integer> {
  private static final int CHUNK = 512;

  /** Importance is gathered where weights and activations lie in host memory. */
  private static final String HOST_BACKEND = "cpu";

  private final CommandIo io;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "FILE",
      description = "The GGUF model to read.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The GGUF file to write.")
  private Path output;

  @Option(
      names = "--type",
      required = true,
      paramLabel = "TYPE",
      description = "For example Q4_K_M, Q6_K or Q8_0; a wrong one lists them all.")
  private String type;

  @Option(
      names = "--imatrix",
      paramLabel = "TEXT",
      description =
          "A text the model reads first, to spend accuracy on the columns that matter there.")
  private Path text;

  @Option(
      names = "--requantize",
      description = "Allow a source that is quantised already, whose errors add to the new ones.")
  private boolean requantize;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that encode; all cores when not given.")
  private Integer threads;

  QuantizeCommand(CommandIo io) {
    this.io = io;
  }

  @Override
  public Integer call() throws IOException {
    Recipe recipe = Recipe.mix(type);
    if (threads != null && threads < 1) {
      throw new ParameterException(
          spec.commandLine(), "--threads is " + threads + ", expected 1 or more");
    }
    if (Files.isDirectory(output)) {
      throw new UserException(output + ": is a folder");
    }
    try (ModelSource source = ModelFiles.open(input)) {
      Quantizer quantizer = new Quantizer(source, recipe).fromQuantised(requantize);
      if (threads != null) {
        quantizer.threads(threads);
      }
      if (text != null) {
        quantizer.importance(importance(source));
      }
      write(quantizer);
      io.message(
          "wrote %s, %s, from %s"
              .formatted(output, Units.bytes(Files.size(output)), Units.bytes(Files.size(input))));
    }
    return ExitCode.OK;
  }

  private Map<String, float[]> importance(ModelSource source) throws IOException {
    int[] tokens = source.tokenizer().encode(Files.readString(text), true, true);
    try (Backend backend = Backends.open(HOST_BACKEND);
        TaskBar bar = new TaskBar(io, "reading " + text.getFileName(), tokens.length)) {
      return Importance.of(source, backend, tokens, CHUNK, done -> bar.at(done, ""));
    }
  }

  private void write(Quantizer quantizer) throws IOException {
    long total = quantizer.plan().stream().mapToLong(plan -> plan.bytesAfter()).sum();
    try (TaskBar bar = new TaskBar(io, "writing " + output.getFileName(), total)) {
      quantizer.progress((tensor, done, all) -> bar.at(done, tensor.name()));
      quantizer.write(output);
    }
  }
}
