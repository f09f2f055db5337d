package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthesizeCommandTest {
  @TempDir private Path folder;

  @Test
  void refusesAFolderAsFile() {
    String line = Run.of("synthesize", "llama-1b:Q8_0", "-o", folder.toString()).refused();
    assertTrue(line.contains(folder.toString()), line);
  }

  @Test
  void refusesAnUnknownType() {
    String output = folder.resolve("m.gguf").toString();
    String line = Run.of("synthesize", "llama-1b:Q17", "-o", output).refused();
    assertTrue(line.contains("Q17"), line);
    assertEquals(false, folder.resolve("m.gguf").toFile().exists());
  }
}
