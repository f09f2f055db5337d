package dev.levin.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.model.Naming;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files, written by transformers and by llama.cpp's converter. */
class GoldenModelsTest {
  @ParameterizedTest
  @CsvSource({
    "bitnet, 25",
    "deepseek-v3, 53",
    "gemma2, 24",
    "gemma3, 80",
    "gpt-oss, 37",
    "granite, 21",
    "llama, 21",
    "llama-bias-headdim, 35",
    "llama-yarn, 21",
    "llama3-rope, 20",
    "mamba2, 21",
    "mistral-window, 21",
    "mixtral, 41",
    "olmo2, 25",
    "phi3, 15",
    "qwen2, 27",
    "qwen3, 25",
    "qwen3-moe, 69",
    "smollm3, 38"
  })
  void huggingFaceFolders(String name, int tensors) {
    try (ModelSource model = ModelFiles.open(Golden.path("models/" + name))) {
      assertEquals(Naming.HUGGING_FACE, model.naming());
      assertEquals(name, model.name());
      assertEquals(tensors, model.weights().names().size());
      assertEquals(320, model.metadata().requireInt("vocab_size"));
      assertTrue(model.endTokens().contains(2));
    }
  }

  @Test
  void everyFolderIsListedAbove() {
    assertEquals(19, Golden.list("models").size());
    assertEquals(11, Golden.list("gguf").size());
  }

  @ParameterizedTest
  @CsvSource({
    "gemma2, gemma2, 24",
    "granite, granite, 21",
    "llama-bias-headdim, llama, 35",
    "llama, llama, 21",
    "llama3-rope, llama, 21",
    "mixtral, llama, 23",
    "olmo2, olmo2, 25",
    "phi3, phi3, 15",
    "qwen2, qwen2, 27",
    "qwen3-moe, qwen3moe, 27",
    "qwen3, qwen3, 25"
  })
  void ggufFiles(String name, String architecture, int tensors) {
    try (ModelSource model = ModelFiles.open(Golden.path("gguf/" + name + ".gguf"))) {
      assertEquals(Naming.GGUF, model.naming());
      assertEquals(architecture, model.metadata().requireString("general.architecture"));
      assertEquals(tensors, model.weights().names().size());
      assertTrue(model.hasTokenizer());
      assertEquals(320, model.metadata().list("tokenizer.ggml.tokens").orElseThrow().size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemma2",
        "granite",
        "llama-bias-headdim",
        "llama",
        "llama3-rope",
        "mixtral",
        "olmo2",
        "phi3",
        "qwen2",
        "qwen3-moe",
        "qwen3"
      })
  void bothFormatsHoldTheSameWeights(String name) {
    try (ModelSource gguf = ModelFiles.open(Golden.path("gguf/" + name + ".gguf"));
        ModelSource folder = ModelFiles.open(Golden.path("models/" + name))) {
      assertSame(gguf, "token_embd.weight", folder, "model.embed_tokens.weight");
      assertSame(
          gguf, "blk.1.attn_output.weight", folder, "model.layers.1.self_attn.o_proj.weight");
      if (gguf.weights().find("blk.1.ffn_down.weight").isPresent()) {
        assertSame(gguf, "blk.1.ffn_down.weight", folder, "model.layers.1.mlp.down_proj.weight");
      }
    }
  }

  private static void assertSame(
      ModelSource gguf, String ggufName, ModelSource folder, String folderName) {
    Tensor mine = gguf.weights().get(ggufName);
    Tensor theirs = folder.weights().get(folderName);
    assertEquals(DType.F32, mine.dtype());
    assertEquals(theirs.shape(), mine.shape());
    assertArrayEquals(floats(theirs), floats(mine), ggufName);
  }

  private static float[] floats(Tensor tensor) {
    MemorySegment data = HostBuffer.segmentOf(tensor);
    float[] values = new float[(int) tensor.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          tensor.dtype() == DType.BF16
              ? Float.intBitsToFloat(
                  data.get(ValueLayout.JAVA_SHORT_UNALIGNED, tensor.offset() + 2L * i) << 16)
              : data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, tensor.offset() + 4L * i);
    }
    return values;
  }

  @Test
  void infinityAsTransformersFiveSpellsIt() {
    try (ModelSource model = ModelFiles.open(Golden.path("models/mamba2"))) {
      assertEquals(
          List.of(0.0, Double.POSITIVE_INFINITY),
          model.metadata().list("time_step_limit").orElseThrow());
    }
  }

  @Test
  void theDemoInAllFormats() {
    List<String> files = List.of("levin-demo-Q4_0.gguf", "levin-demo-Q8_0.gguf", "hf");
    for (String file : files) {
      try (ModelSource model = ModelFiles.open(Golden.path("demo/" + file))) {
        assertEquals(39, model.weights().names().size());
        assertTrue(model.hasTokenizer());
        assertTrue(model.chatTemplate().orElseThrow().contains("<|im_start|>"));
      }
    }
    try (ModelSource model = ModelFiles.open(Golden.embeddedDemo())) {
      assertEquals("levin-demo", model.name());
      assertEquals("BF16[1765,256]", model.weights().get("token_embd.weight").toString());
    }
  }

  @Test
  void realVocabularies() throws IOException {
    Optional<Path> folder = Golden.external("vocab");
    assumeTrue(folder.isPresent(), "no vocab folder: set " + Golden.VARIABLE);
    try (Stream<Path> files = Files.list(folder.get())) {
      for (Path file : files.filter(path -> path.toString().endsWith(".gguf")).toList()) {
        try (ModelSource model = ModelFiles.open(file)) {
          assertTrue(model.hasTokenizer(), file.toString());
          assertTrue(model.weights().names().isEmpty(), file.toString());
        }
      }
    }
  }
}
