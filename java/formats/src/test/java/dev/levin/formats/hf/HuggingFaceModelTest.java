package dev.levin.formats.hf;

import static dev.levin.formats.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import dev.levin.core.model.Naming;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.formats.safetensors.SafetensorsBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceModelTest {
  @TempDir Path temporary;
  private Path folder;

  @BeforeEach
  void writeFolder() throws IOException {
    folder = Files.createDirectory(temporary.resolve("little-1b"));
    write("config.json", "{\"model_type\":\"llama\",\"eos_token_id\":2}");
    SafetensorsBytes.write(folder.resolve("model.safetensors"), "a", "b");
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }

  private void writeShards(String weightMap) throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    SafetensorsBytes.write(folder.resolve("model-00001-of-00002.safetensors"), "a", "b");
    SafetensorsBytes.write(folder.resolve("model-00002-of-00002.safetensors"), "c", "unlisted");
    write(
        "model.safetensors.index.json",
        "{\"metadata\":{\"total_size\":9},\"weight_map\":" + weightMap + "}");
  }

  private static final String SHARDS =
      "{\"c\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\","
          + "\"b\":\"model-00001-of-00002.safetensors\"}";

  @Test
  void whatAFolderSaysOfItself() {
    ModelSource model = ModelFiles.open(folder);
    assertEquals("little-1b", model.name());
    assertEquals(folder.toString(), model.origin());
    assertEquals(Naming.HUGGING_FACE, model.naming());
    assertEquals("llama", model.metadata().requireString("model_type"));
    assertEquals(List.of("a", "b"), List.copyOf(model.weights().names()));
    assertEquals(Set.of(2), model.endTokens());
    assertEquals(Optional.empty(), model.chatTemplate());
    assertFalse(model.hasTokenizer());
    assertThrows(ModelFormatException.class, model::tokenizer);
    model.close();
    model.close();
  }

  @Test
  void configAsPlainValues() throws IOException {
    write(
        "config.json",
        """
        {"int": 1, "long": 5000000000, "double": 1e-6, "null": null, "flag": true,
         "nested": {"list": [1, [2.5], {"k": "v"}]},
         "limit": [0.0, {"__float__": "Infinity"}, {"__float__": "-Infinity"}],
         "literals": [Infinity, -Infinity, NaN], "nan": {"__float__": "NaN"}}
        """);
    try (ModelSource model = ModelFiles.open(folder)) {
      Map<String, Object> values = model.metadata().values();
      assertEquals(1, values.get("int"));
      assertEquals(5000000000L, values.get("long"));
      assertEquals(1e-6, values.get("double"));
      assertTrue(values.containsKey("null"));
      assertFalse(model.metadata().has("null"));
      assertEquals(
          Map.of("list", List.of(1, List.of(2.5), Map.of("k", "v"))), values.get("nested"));
      double infinity = Double.POSITIVE_INFINITY;
      assertEquals(List.of(0.0, infinity, -infinity), values.get("limit"));
      assertEquals(List.of(infinity, -infinity, Double.NaN), values.get("literals"));
      assertEquals(Double.NaN, values.get("nan"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{\"a\":1,\"a\":2}",
        "{} {}",
        "{'a':1}",
        "{\"a\":{\"__float__\":\"1\"}}",
        "{\"a\":01}",
        "\0\0\0\0"
      })
  void damagedConfig(String json) throws IOException {
    write("config.json", json);
    assertRefused(() -> ModelFiles.open(folder), folder.resolve("config.json").toString(), "byte");
  }

  @Test
  void hostileConfig() throws IOException {
    write("config.json", "{\"a\":" + "[".repeat(100_000));
    assertRefused(() -> ModelFiles.open(folder), "config.json", "depth");
    write("config.json", "{\"a\":[" + "[],".repeat(600_000) + "1]}");
    assertRefused(() -> ModelFiles.open(folder), "config.json", "more than 1048576 JSON tokens");
    write("config.json", "{\"a\":" + "9".repeat(100_000) + "}");
    assertRefused(() -> ModelFiles.open(folder), "config.json");
  }

  @Test
  void endTokensOfTheGenerationConfigWin() throws IOException {
    write("generation_config.json", "{\"eos_token_id\":[7,5]}");
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(Set.of(5, 7), model.endTokens());
    }
    write("generation_config.json", "{\"eos_token_id\":null}");
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(Set.of(2), model.endTokens());
    }
    write("generation_config.json", "{\"eos_token_id\":\"</s>\"}");
    assertRefused(() -> ModelFiles.open(folder), "generation_config.json: 'eos_token_id'");
    write("generation_config.json", "{\"eos_token_id\":[null]}");
    assertRefused(() -> ModelFiles.open(folder), "generation_config.json: 'eos_token_id'");
  }

  @Test
  void chatTemplates() throws IOException {
    write("tokenizer_config.json", "{\"added\":{\"1\":{}},\"chat_template\":\"one\",\"last\":[]}");
    assertTemplate("one");
    write(
        "tokenizer_config.json",
        "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"no\"},"
            + "{\"name\":\"default\",\"template\":\"two\"}]}");
    assertTemplate("two");
    write("chat_template.json", "{\"chat_template\":\"three\"}");
    assertTemplate("three");
    write("chat_template.jinja", "{{ 'größer' }}");
    assertTemplate("{{ 'größer' }}");
  }

  private void assertTemplate(String expected) {
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(expected, model.chatTemplate().orElseThrow());
    }
  }

  @Test
  void tokenizerConfigWithoutTemplate() throws IOException {
    write("tokenizer_config.json", "{\"chat_template\":null}");
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(Optional.empty(), model.chatTemplate());
    }
    write("tokenizer_config.json", "{\"chat_template\":3}");
    assertRefused(() -> ModelFiles.open(folder), "tokenizer_config.json: 'chat_template'");
    write("tokenizer_config.json", "{\"chat_template\":[{\"name\":\"default\"}]}");
    assertRefused(() -> ModelFiles.open(folder), "tokenizer_config.json: 'chat_template'");
  }

  @Test
  void shards() throws IOException {
    writeShards(SHARDS);
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(List.of("c", "a", "b"), List.copyOf(model.weights().names()));
    }
    try (ModelSource model = ModelFiles.open(folder.resolve("model-00002-of-00002.safetensors"))) {
      assertEquals(3, model.weights().names().size());
    }
  }

  @Test
  void missingShard() throws IOException {
    writeShards(SHARDS);
    Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
    assertRefused(
        () -> ModelFiles.open(folder), "shard 'model-00002-of-00002.safetensors' is missing");
  }

  @Test
  void tensorMissingFromItsShard() throws IOException {
    writeShards("{\"c\":\"model-00001-of-00002.safetensors\"}");
    assertRefused(
        () -> ModelFiles.open(folder),
        "index.json",
        "tensor 'c' is not in 'model-00001-of-00002.safetensors'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"../secret.safetensors\"",
        "\"/etc/passwd\"",
        "\"..\\\\secret.safetensors\"",
        "\"C:x.safetensors\"",
        "\"a\\u0000.safetensors\"",
        "\"model.bin\"",
        "3"
      })
  void shardsStayInsideTheFolder(String shard) throws IOException {
    SafetensorsBytes.write(temporary.resolve("secret.safetensors"), "a");
    writeShards("{\"a\":" + shard + "}");
    assertRefused(() -> ModelFiles.open(folder), "index.json", "'weight_map' of 'a' is");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "null"})
  void indexWithoutWeights(String weightMap) throws IOException {
    writeShards(weightMap);
    assertRefused(() -> ModelFiles.open(folder), "index.json", "'weight_map' is missing");
  }

  @Test
  void tensorTwiceInTheIndex() throws IOException {
    writeShards("{\"a\":\"x.safetensors\",\"a\":\"y.safetensors\"}");
    assertRefused(() -> ModelFiles.open(folder), "index.json", "Duplicate");
  }
}
