package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.testkit.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerplexityCommandTest {
  private static final String TEXT = "Once upon a time, there was a quiet girl named Anna.";

  @TempDir private Path folder;

  @Test
  void readsAText() {
    String out =
        Run.withInput(TEXT, "perplexity", "-f", "-", "--chunk", "16", "--threads", "1").succeeded();
    assertTrue(out.startsWith("perplexity "), out);
    assertEquals(1, out.lines().count(), out);
  }

  @Test
  void tellsTheDivergenceFromAnotherModel() throws Exception {
    Path file = folder.resolve("text.txt");
    Files.writeString(file, TEXT);
    String base = Golden.path("demo/levin-demo-Q8_0.gguf").toString();
    String json =
        Run.of("perplexity", "-f", file.toString(), "--kl-base", base, "--json").succeeded();
    JsonNode result = new ObjectMapper().readTree(json).path("result");
    assertTrue(result.path("divergence").path("mean").asDouble() < 0.01, json);
  }

  @Test
  void quantisesAndStaysClose() throws Exception {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, TEXT);
    Path model = folder.resolve("small.gguf");
    Path source = folder.resolve("source.gguf");
    Files.copy(Golden.path("gguf/llama.gguf"), source);
    String[] line = {"quantize", "-m", source.toString(), "-o", model.toString(), "--type", "q8_0"};
    Run.of(line).succeeded();
    assertTrue(Files.size(model) < Files.size(source));
    String again =
        Run.of("quantize", "-m", model.toString(), "-o", source + "2", "--type", "Q4_0").refused();
    assertTrue(again.contains("already"), again);
  }

  @Test
  void refusesATextThatIsTooShort() {
    Run empty = Run.withInput("", "perplexity", "-f", "-");
    assertTrue(empty.refused().contains("too short"), empty::toString);
  }
}
