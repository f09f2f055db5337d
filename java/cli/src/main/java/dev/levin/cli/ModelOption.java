package dev.levin.cli;

import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model a command works on. */
final class ModelOption {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "FILE|FOLDER",
      description =
          "A GGUF or safetensors file or a Hugging Face folder; the embedded demo model when not"
              + " given.")
  private Path path;

  /** Opens the files; the caller closes them. */
  ModelSource open() {
    return path == null ? DemoModel.open() : ModelFiles.open(path);
  }

  /** What is loading, for messages. */
  String label() {
    return path == null ? "the demo model" : path.toString();
  }
}
