package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever command meets a bad model says so in one line that names the file. */
class BadModelTest {
  private static final int ENOUGH_FOR_A_HEADER = 1000;

  @TempDir private Path folder;

  static Stream<String[]> commands() {
    return Stream.of(
        new String[] {"generate", "x"},
        new String[] {"chat"},
        new String[] {"inspect"},
        new String[] {"inspect", "--json"},
        new String[] {"tokenize", "x"},
        new String[] {"logits", "--tokens", "1", "-o", "unused.f32"});
  }

  private void refuses(String[] command, Path model) {
    String[] args = Arrays.copyOf(command, command.length + 2);
    args[command.length] = "-m";
    args[command.length + 1] = model.toString();
    String line = Run.of(args).refused();
    assertTrue(line.contains(model.getFileName().toString()), line);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesAMissingFile(String... command) {
    refuses(command, folder.resolve("missing.gguf"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesAnEmptyFile(String... command) throws IOException {
    refuses(command, Files.createFile(folder.resolve("empty.gguf")));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesAnEmptyFolder(String... command) throws IOException {
    refuses(command, Files.createDirectory(folder.resolve("nothing-inside")));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void refusesATruncatedFile(String... command) throws IOException {
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
