package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.formats.gguf.GgufWriter;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InspectCommandTest {
  @TempDir private Path folder;

  static Stream<Path> goldenModels() {
    return Stream.concat(Golden.list("models").stream(), Golden.list("gguf").stream());
  }

  private static JsonNode json(String... args) throws IOException {
    return new ObjectMapper().readTree(Run.of(args).succeeded());
  }

  @Test
  void tellsTheDemoModelsShape() throws IOException {
    JsonNode model = json("inspect", "--json");
    assertEquals(256, model.get("config").get("hiddenSize").asInt());
    assertEquals(4, model.get("config").get("numLayers").asInt());
    assertEquals(1, model.get("config").get("layers").size(), "equal layers stand together");
    assertEquals(1765, model.get("tokenizer").get("vocabulary").asInt());
    assertEquals("<|endoftext|>", model.get("tokenizer").get("bos").get("piece").asText());
    assertTrue(model.get("parameters").asLong() > 4_000_000);
    assertTrue(model.get("bytes_by_type").has("BF16"));
    assertEquals(1765, model.get("metadata").get("tokenizer.ggml.tokens").get("length").asInt());
    assertTrue(model.get("chat_template").asText().contains("<|im_start|>"));
  }

  @Test
  void printsTables() {
    String text = Run.of("inspect").succeeded();
    for (String title :
        new String[] {"Model\n", "\nConfiguration\n", "\nMetadata\n", "\nTensors\n"}) {
      assertTrue(text.contains(title), title);
    }
    assertTrue(text.contains("token_embd.weight"), text);
  }

  @Test
  void showsWhatThereIsOfAnUnknownArchitecture() throws IOException {
    Path file = folder.resolve("new.gguf");
    new GgufWriter()
        .putString("general.architecture", "novel")
        .putString("general.name", "A Novel")
        .write(file);
    JsonNode model = json("inspect", "--json", "-m", file.toString());
    assertEquals("A Novel", model.get("name").asText());
    assertTrue(model.get("config").get("problem").asText().contains("'novel'"));
    assertTrue(Run.of("inspect", "-m", file.toString()).succeeded().contains("'novel'"));
  }

  @ParameterizedTest
  @MethodSource("goldenModels")
  void readsEveryGoldenModel(Path model) throws IOException {
    JsonNode summary = json("inspect", "--json", "-m", model.toString());
    assertTrue(summary.get("config").get("vocabSize").asInt() > 0);
    assertTrue(summary.get("tensors").size() > 0);
    Run.of("inspect", "-m", model.toString()).succeeded();
  }
}
