package dev.levin.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where the golden data lies and how its raw files are read. */
public final class Golden {
  /** Names a folder of golden data that is not part of this repository. */
  public static final String VARIABLE = "LEVIN_GOLDEN";

  private static final Path REPOSITORY = findRepository();

  private Golden() {}

  /** The root of the checkout the tests run in. */
  public static Path repository() {
    return REPOSITORY;
  }

  /** A file or folder of the committed golden data, for example {@code models/llama}. */
  public static Path path(String relative) {
    return REPOSITORY.resolve("java/testkit/golden").resolve(relative);
  }

  /** The BF16 file that the demo module embeds. */
  public static Path embeddedDemo() {
    return REPOSITORY.resolve("java/demo/src/main/resources/dev/levin/demo/levin-demo-BF16.gguf");
  }

  /**
   * A file or folder of golden data that may not be redistributed ({@code vocab}, {@code
   * templates}): under {@value #VARIABLE}, or under {@code shared/golden} beside the checkout.
   */
  public static Optional<Path> external(String relative) {
    String variable = System.getenv(VARIABLE);
    Path root =
        variable == null
            ? REPOSITORY.resolveSibling("shared").resolve("golden")
            : Path.of(variable);
    return Optional.of(root.resolve(relative)).filter(Files::exists);
  }

  /** The entries of a committed folder, sorted by name. */
  public static List<Path> list(String relative) {
    try (Stream<Path> entries = Files.list(path(relative))) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Little-endian float32 values. */
  public static float[] floats(Path file) {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  public static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path findRepository() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("java/testkit/golden"))) {
        return folder;
      }
    }
    throw new IllegalStateException("no java/testkit/golden above " + start);
  }
}
