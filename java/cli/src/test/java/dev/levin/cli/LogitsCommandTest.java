package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogitsCommandTest {
  private static final float TOLERANCE = 1e-3f;

  @TempDir private Path folder;

  private static String goldenTokens(String model) throws IOException {
    JsonNode tokens =
        new ObjectMapper().readTree(Golden.path("models/" + model + "/tokens.json").toFile());
    StringJoiner joiner = new StringJoiner(",");
    tokens.forEach(token -> joiner.add(token.asText()));
    return joiner.toString();
  }

  private float[] logits(String model, String... more) throws IOException {
    Path output = folder.resolve("out.f32");
    String[] args = new String[7 + more.length];
    args[0] = "logits";
    args[1] = "-m";
    args[2] = Golden.path("models/" + model).toString();
    args[3] = "--tokens";
    args[4] = goldenTokens(model);
    args[5] = "-o";
    args[6] = output.toString();
    System.arraycopy(more, 0, args, 7, more.length);
    assertEquals("", Run.of(args).succeeded());
    return Golden.floats(output);
  }

  @Test
  void agreeWithTheGoldenOnes() throws IOException {
    float[] expected = Golden.floats(Golden.path("models/llama/logits.f32"));
    assertArrayEquals(expected, logits("llama"), TOLERANCE);
  }

  @Test
  void keepAnOlderFileWhenTheyAreRefused() throws IOException {
    Path output = Files.writeString(folder.resolve("out.f32"), "kept");
    Run.of("logits", "--tokens", "1,999999999", "-o", output.toString()).refused();
    assertEquals("kept", Files.readString(output));
  }

  @Test
  void replaceAnOlderFile() throws IOException {
    Files.write(folder.resolve("out.f32"), new byte[10_000_000]);
    float[] expected = Golden.floats(Golden.path("models/llama/logits.f32"));
    assertEquals(expected.length, logits("llama").length);
  }

  @Test
  void nameAnOutputThatCannotBeWritten() {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full) && !Files.isRegularFile(full), "no /dev/full");
    String line = Run.of("logits", "--tokens", "1", "-o", full.toString()).refused();
    assertTrue(line.startsWith("levin: /dev/full: "), line);
  }

  @Test
  void doNotDependOnTheChunk() throws IOException {
    float[] whole = logits("llama");
    assertArrayEquals(whole, logits("llama", "--chunk", "7"));
    assertArrayEquals(whole, logits("llama", "--chunk", "1"));
  }
}
