package dev.levin.cli;

import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.synthetic.SyntheticModel;
import dev.levin.measure.model.ModelChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which models a bench measures; the embedded demo model when none is named. */
final class BenchModels {
  @Option(
      names = {"-m", "--model"},
      split = ",",
      paramLabel = "FILE",
      description = "GGUF or safetensors files or Hugging Face folders.")
  private List<Path> files = List.of();

  @Option(
      names = "--synthetic",
      split = ",",
      paramLabel = "SHAPE[:TYPE]",
      description =
          "Models of real shapes with random weights, for example llama-1b:Q8_0; written once to"
              + " ~/.cache/levin/synthetic. The demo model is measured when no model is named.")
  private List<String> synthetic = List.of();

  /**
   * A model and how it is asked for.
   *
   * @param arguments what names this one on a command line
   */
  record Named(List<String> arguments, ModelChoice choice) {}

  List<Named> choices(CommandIo io) {
    List<Named> choices = new ArrayList<>();
    for (Path file : files) {
      String label = String.valueOf(file.getFileName());
      List<String> arguments = List.of("--model", file.toString());
      choices.add(new Named(arguments, new ModelChoice(label, () -> ModelFiles.open(file))));
    }
    for (String name : synthetic) {
      SyntheticModel model = SyntheticModel.parse(name);
      List<String> arguments = List.of("--synthetic", name);
      choices.add(new Named(arguments, new ModelChoice(model.name(), () -> open(model, io))));
    }
    if (choices.isEmpty()) {
      choices.add(new Named(List.of(), new ModelChoice(DemoModel.NAME, DemoModel::open)));
    }
    return choices;
  }

  private static ModelSource open(SyntheticModel model, CommandIo io) {
    Path file = cacheFolder().resolve(model.name().replace(':', '-') + ".gguf");
    try {
      // A file of another size is what an older version wrote or a full disk left behind.
      if (!Files.exists(file) || Files.size(file) < model.tensorBytes()) {
        Files.createDirectories(file.getParent());
        io.message(
            "writing %s, %s, to %s"
                .formatted(model.name(), Units.bytes(model.tensorBytes()), file));
        model.write(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
    return ModelFiles.open(file);
  }

  private static Path cacheFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return root.resolve("levin").resolve("synthetic");
  }
}
