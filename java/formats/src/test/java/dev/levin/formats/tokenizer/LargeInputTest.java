package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Half a million equal characters. Quadratic work would take hours here, recursion would overflow
 * the stack.
 */
class LargeInputTest {
  private static final int LENGTH = 1 << 19;

  static Stream<Arguments> cases() {
    List<Tokenizer> tokenizers =
        List.of(
            DemoTokenizerTest.Form.GGUF.open(),
            DemoTokenizerTest.Form.HUGGING_FACE.open(),
            Vocabularies.open(Vocabularies.sentencePiece("a", "aa", "aaaa", "▁", "▁▁", "▁▁▁▁")),
            Vocabularies.open(Vocabularies.bytePairs("llama-bpe", "a a", "aa aa", "Ġ Ġ", "ĠĠ ĠĠ")),
            Vocabularies.open(Vocabularies.bytePairs("deepseek-llm", "a a", "aa aa")),
            Vocabularies.open(Vocabularies.bytePairs("gpt-4o", "a a", "aa aa")));
    return tokenizers.stream()
        .flatMap(
            tokenizer ->
                Stream.of("a", " ", "A", "\n", "7", "你", "!", "<")
                    .map(c -> Arguments.of(tokenizer, c)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void encodes(Tokenizer tokenizer, String character) {
    String text = character.repeat(LENGTH);
    assertEquals(text, tokenizer.decode(tokenizer.encode(text, false, true), true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "!", "你"})
  void encodesWordPiece(String character) {
    assertTrue(wordPiece().encode(character.repeat(LENGTH), false, true).length <= LENGTH);
  }

  private static Tokenizer wordPiece() {
    Map<String, Object> values = new HashMap<>();
    values.put("tokenizer.ggml.model", "bert");
    values.put(
        "tokenizer.ggml.tokens",
        new ArrayList<>(List.of("[UNK]", "▁a", "a", "aa", "aaa", "▁!", "▁你")));
    values.put("tokenizer.ggml.unknown_token_id", 0);
    return Vocabularies.open(values);
  }
}
