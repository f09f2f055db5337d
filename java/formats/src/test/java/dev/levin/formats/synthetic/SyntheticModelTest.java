package dev.levin.formats.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticModelTest {
  @TempDir Path folder;

  @Test
  void names() {
    assertEquals("llama-1b:Q8_0", SyntheticModel.parse("llama-1b").name());
    assertEquals("qwen3-0.6b:Q4_K", SyntheticModel.parse("Qwen3-0.6B:q4_k").name());
    String shapes =
        assertThrows(IllegalArgumentException.class, () -> SyntheticModel.parse("llama-9b"))
            .getMessage();
    assertTrue(shapes.contains("llama-1b"), shapes);
    String types =
        assertThrows(IllegalArgumentException.class, () -> SyntheticModel.parse("tiny:Q8_1"))
            .getMessage();
    assertTrue(types.contains("Q4_0") && !types.contains("Q8_K"), types);
  }

  /** Parameters of the published models times their bytes; norms take more here, being F32. */
  @ParameterizedTest
  @CsvSource({
    "llama-1b:BF16, 2471.6",
    "llama-1b:Q8_0, 1313.1",
    "llama-3b:BF16, 6425.5",
    "llama-8b:BF16, 16060.5",
    "qwen3-0.6b:BF16, 1192.1"
  })
  void sizesOfTheRealModels(String name, double megabytes) {
    assertEquals(megabytes, SyntheticModel.parse(name).tensorBytes() / 1e6, 1);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyWeightType(DType dtype) throws IOException {
    if (!RandomWeights.supports(dtype)) {
      assertThrows(
          IllegalArgumentException.class, () -> SyntheticModel.parse("tiny:" + dtype.name()));
      return;
    }
    Path file = folder.resolve("tiny.gguf");
    SyntheticModel.parse("tiny:" + dtype).write(file);
    try (ModelSource model = ModelFiles.open(file)) {
      assertEquals(2 * 9 + 2, model.weights().names().size());
      Tensor tensor = model.weights().get("blk.1.ffn_down.weight");
      assertEquals(dtype + "[256,512]", tensor.toString());
      assertEquals(1024, model.metadata().list("tokenizer.ggml.tokens").orElseThrow().size());
    }
  }

  @Test
  void sameBytesEveryTime() throws IOException {
    Path first = folder.resolve("first.gguf");
    Path second = folder.resolve("second.gguf");
    SyntheticModel model = SyntheticModel.parse("tiny:Q4_K");
    model.write(first);
    model.write(second);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  @Test
  void weightsKeepTheSizeOfTheirInput() throws IOException {
    for (DType dtype : List.of(DType.F32, DType.Q8_0)) {
      Path file = folder.resolve("tiny.gguf");
      SyntheticModel.parse("tiny:" + dtype).write(file);
      try (ModelSource model = ModelFiles.open(file)) {
        Tensor tensor = model.weights().get("blk.0.ffn_up.weight");
        assertEquals(1 / Math.sqrt(256), rootMeanSquare(tensor), 2e-3, dtype.name());
      }
    }
  }

  private static double rootMeanSquare(Tensor tensor) {
    MemorySegment data = HostBuffer.segmentOf(tensor).asSlice(tensor.offset(), tensor.byteSize());
    double sum = 0;
    for (long i = 0; i < tensor.shape().elements(); i++) {
      double value =
          tensor.dtype() == DType.F32
              ? data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4)
              : Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, i / 32 * 34))
                  * data.get(ValueLayout.JAVA_BYTE, i / 32 * 34 + 2 + i % 32);
      sum += value * value;
    }
    return Math.sqrt(sum / tensor.shape().elements());
  }

  @Test
  void vocabularySpellsEveryByteOnce() throws IOException {
    Path file = folder.resolve("tiny.gguf");
    SyntheticModel.parse("tiny").write(file);
    try (ModelSource model = ModelFiles.open(file)) {
      List<?> tokens = model.metadata().list("tokenizer.ggml.tokens").orElseThrow();
      assertEquals(tokens.size(), new HashSet<>(tokens).size());
      assertEquals("Ā", tokens.get(0));
      assertEquals("Ġ", tokens.get(' '));
      assertEquals("A", tokens.get('A'));
      assertEquals("ġ", tokens.get(0x7f));
      assertEquals("Ń", tokens.get(0xad));
      assertEquals("ÿ", tokens.get(255));
      List<?> merges = model.metadata().list("tokenizer.ggml.merges").orElseThrow();
      assertTrue(merges.size() > 100);
      for (Object merge : merges) {
        assertTrue(tokens.contains(((String) merge).replace(" ", "")));
      }
    }
  }
}
