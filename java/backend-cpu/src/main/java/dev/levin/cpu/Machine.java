package dev.levin.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** What the operating system says about this machine. */
final class Machine {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Path MEMORY = Path.of("/proc/meminfo");

  private Machine() {}

  /** The processor's model name, or its architecture where that cannot be read. */
  static String processorName() {
    return field(PROCESSORS, "model name").orElseGet(() -> System.getProperty("os.arch") + " CPU");
  }

  /** Physical memory, 0 when unknown. */
  static long memoryBytes() {
    return field(MEMORY, "MemTotal")
        .map(value -> value.split(" ")[0])
        .filter(value -> value.matches("\\d{1,15}"))
        .map(value -> Long.parseLong(value) * 1024)
        .orElse(0L);
  }

  private static Optional<String> field(Path file, String name) {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
