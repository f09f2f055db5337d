package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Whatever command meets a bad model says so in one line that names the file. */
class BadModelTest {
  static final List<String> COMMANDS =
      List.of(
          "generate x",
          "chat",
          "inspect",
          "inspect --json",
          "tokenize x",
          "logits --tokens 1 -o unused.f32");

  private static final int ENOUGH_FOR_A_HEADER = 1000;

  @TempDir private Path folder;

  private void refuses(String command, Path model) {
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.addAll(List.of("-m", model.toString()));
    String line = Run.of(args.toArray(String[]::new)).refused();
    assertTrue(line.contains(model.getFileName().toString()), line);
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void refusesAMissingFile(String command) {
    refuses(command, folder.resolve("missing.gguf"));
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void refusesAnEmptyFile(String command) throws IOException {
    refuses(command, Files.createFile(folder.resolve("empty.gguf")));
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void refusesAnEmptyFolder(String command) throws IOException {
    refuses(command, Files.createDirectory(folder.resolve("nothing-inside")));
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void refusesATruncatedFile(String command) throws IOException {
    byte[] whole = Golden.bytes(Golden.embeddedDemo());
    byte[] start = Arrays.copyOf(whole, ENOUGH_FOR_A_HEADER);
    refuses(command, Files.write(folder.resolve("truncated.gguf"), start));
  }

  @Test
  void leavesNoUnfinishedLogits() {
    Path output = folder.resolve("out.f32");
    Run.of("logits", "--tokens", "1,999999999", "-o", output.toString()).refused();
    assertTrue(Files.notExists(output));
  }
}
