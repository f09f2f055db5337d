package dev.levin.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.DeviceException;
import dev.levin.core.LevinException;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.models.DecoderConfig;
import dev.levin.models.DecoderOptions;
import dev.levin.testkit.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LlmLoadTest {
  private static LlmOptions.Builder cpu() {
    return LlmOptions.builder().backend("cpu");
  }

  private static DecoderConfig config(String model) {
    try (ModelSource source = ModelFiles.open(Golden.path("models/" + model))) {
      return DecoderConfig.read(source.metadata(), source.naming(), source.weights());
    }
  }

  private static DecoderOptions size(String model, LlmOptions options, long memoryBytes) {
    long memory = CacheSize.memory(new DeviceInfo(0, "test", memoryBytes, Map.of()));
    return CacheSize.choose(config(model), options, memory);
  }

  @Test
  void progressGrowsToOne() {
    List<Double> fractions = new ArrayList<>();
    LlmOptions options = cpu().progress(fractions::add).build();
    try (Llm llm = Llm.load(Golden.path("gguf/llama.gguf"), options)) {
      assertEquals("cpu", llm.backendName());
      assertEquals("llama", llm.config().architecture());
    }
    assertTrue(fractions.size() > 3, "calls: " + fractions);
    assertEquals(fractions.stream().sorted().toList(), fractions);
    assertEquals(1.0, fractions.getLast());
  }

  @Test
  void modelIsClosedWhenItCannotBeLoaded() {
    ModelSource source = ModelFiles.open(Golden.path("gguf/llama.gguf"));
    Tensor weight = source.weights().get(source.weights().names().iterator().next());
    assertTrue(weight.buffer().isOpen());
    LlmOptions unknown = LlmOptions.builder().backend("abacus").build();
    DeviceException error = assertThrows(DeviceException.class, () -> Llm.load(source, unknown));
    assertEquals(DeviceException.Kind.UNAVAILABLE, error.kind());
    assertFalse(weight.buffer().isOpen());
  }

  @Test
  void missingFileIsNamed() {
    Path path = Path.of("no", "such", "model.gguf");
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> Llm.load(path, cpu().build()));
    assertTrue(error.getMessage().startsWith(path.toString()), error.getMessage());
  }

  @Test
  void contextBeyondTheModelIsRefusedWithBothNumbers() {
    int limit = config("llama").contextLength();
    LlmOptions options = cpu().contextLength(limit + 1).build();
    LevinException error =
        assertThrows(LevinException.class, () -> Llm.load(Golden.path("models/llama"), options));
    assertTrue(error.getMessage().contains("contextLength " + (limit + 1)), error.getMessage());
    assertTrue(error.getMessage().contains(" " + limit + " of the model"), error.getMessage());
  }

  @Test
  void cacheHoldsAllSequencesWhenMemoryAllows() {
    DecoderOptions size = size("llama", cpu().contextLength(50).maxSequences(3).build(), 1L << 40);
    assertEquals(new DecoderOptions(50, 16, 10, DType.F32, 0), size, "150 tokens in 10 pages");
  }

  @Test
  void cacheTakesAtMostHalfOfTheMemory() {
    long bytesPerToken = config("llama").kvBytesPerToken(DType.F32);
    DecoderOptions size = size("llama", cpu().build(), 2 * 160 * bytesPerToken);
    assertEquals(10, size.numPages());
    LlmOptions exact = cpu().cacheTokens(1000).build();
    assertEquals(63, size("llama", exact, 1).numPages(), "asked for, not chosen");
  }

  @Test
  void recurrentModelsGetASlotPerSequenceThatMemoryHolds() {
    LlmOptions options = cpu().contextLength(32).maxSequences(5).build();
    assertEquals(5, size("mamba2", options, 1L << 40).stateSlots());
    long state = config("mamba2").stateBytesPerSequence();
    assertEquals(2, size("mamba2", options, 2 * 2 * state).stateSlots());
    assertEquals(1, size("mamba2", options, 1).stateSlots());
  }

  @Test
  void modelWithoutTokenizerStillComputesLogits() {
    try (Llm llm = Llm.load(Golden.path("models/llama"), cpu().build())) {
      int[] positions = {0};
      llm.logits(new int[] {1, 2, 3}, 0, (position, row) -> positions[0] += position + 1);
      assertEquals(6, positions[0]);
      assertThrows(LevinException.class, () -> llm.generate("text"));
      assertThrows(IllegalArgumentException.class, () -> llm.logits(new int[0], 0, (p, r) -> {}));
      assertThrows(
          IllegalArgumentException.class, () -> llm.logits(new int[] {-1}, 0, (p, r) -> {}));
    }
  }
}
