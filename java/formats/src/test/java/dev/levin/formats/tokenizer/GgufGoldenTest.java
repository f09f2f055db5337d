package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real vocabularies against the ids that llama.cpp gives for the same texts. */
class GgufGoldenTest {
  @ParameterizedTest
  @ValueSource(strings = {"bert-bge", "deepseek-llm", "gpt-2", "llama-spm", "phi-3"})
  void encodesAsLlamaCpp(String name) throws IOException {
    Path file = vocabulary(name);
    Tokenizer tokenizer = Tokenizers.fromGguf(GgufMetadata.read(file));
    List<String> texts = texts(file);
    List<String> expected = Files.readAllLines(Path.of(file + ".out"));
    assertEquals(expected.size(), texts.size());
    assertAll(
        IntStream.range(0, texts.size())
            .mapToObj(
                i ->
                    () ->
                        assertArrayEquals(
                            ids(expected.get(i)),
                            tokenizer.encode(texts.get(i), false, false),
                            () -> name + " text " + i + ": '" + texts.get(i) + "'")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepseek-llm", "gpt-2", "llama-spm", "phi-3"})
  void decodesWhatItEncoded(String name) throws IOException {
    Path file = vocabulary(name);
    Tokenizer tokenizer = Tokenizers.fromGguf(GgufMetadata.read(file));
    for (String text : texts(file)) {
      assertEquals(text, tokenizer.decode(tokenizer.encode(text, false, false), true));
    }
  }

  private static Path vocabulary(String name) {
    Optional<Path> folder = Golden.external("vocab");
    assumeTrue(folder.isPresent(), "no external vocabularies; set " + Golden.VARIABLE);
    return folder.get().resolve("ggml-vocab-" + name + ".gguf");
  }

  static List<String> texts(Path file) throws IOException {
    String[] texts = Files.readString(Path.of(file + ".inp")).split("\n__ggml_vocab_test__\n", -1);
    boolean endsWithSeparator = texts[texts.length - 1].isEmpty();
    return List.of(texts).subList(0, texts.length - (endsWithSeparator ? 1 : 0));
  }

  private static int[] ids(String line) {
    return Arrays.stream(line.trim().split(" +"))
        .filter(id -> !id.isEmpty())
        .mapToInt(Integer::parseInt)
        .toArray();
  }
}
