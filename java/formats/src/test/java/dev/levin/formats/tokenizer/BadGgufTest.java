package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Damaged metadata: one line that names the file and the field. */
class BadGgufTest {
  private final Map<String, Object> values = Vocabularies.bytePairs("qwen2", "a b");

  @Test
  void noModel() {
    values.remove("tokenizer.ggml.model");
    expect("'tokenizer.ggml.model' is missing");
  }

  @Test
  void unsupportedModel() {
    values.put("tokenizer.ggml.model", "t5");
    expect("'tokenizer.ggml.model' is 't5', which is not supported");
  }

  @Test
  void unknownPreTokenizer() {
    values.put("tokenizer.ggml.pre", "made-up");
    expect("'tokenizer.ggml.pre' is 'made-up', a pre-tokenizer that is not supported");
  }

  @Test
  void missingPreTokenizerMeansDefault() {
    values.remove("tokenizer.ggml.pre");
    assertEquals("abc", Vocabularies.open(values).decode(new int[] {'a', 'b', 'c'}, true));
  }

  @Test
  void noMerges() {
    values.remove("tokenizer.ggml.merges");
    expect("'tokenizer.ggml.merges' is missing: a tokenizer without merges");
  }

  @Test
  void malformedMerges() {
    for (Object merge : List.of("", " ", "ab", "ab ", 7)) {
      values.put("tokenizer.ggml.merges", List.of("a b", merge));
      expect("'tokenizer.ggml.merges' has an entry 1 that is not two pieces");
    }
  }

  @Test
  void noTokens() {
    values.remove("tokenizer.ggml.tokens");
    expect("'tokenizer.ggml.tokens' is missing");
    values.put("tokenizer.ggml.tokens", List.of());
    expect("'tokenizer.ggml.tokens' is empty");
    values.put("tokenizer.ggml.tokens", "abc");
    expect("'tokenizer.ggml.tokens' is not a list");
    values.put("tokenizer.ggml.tokens", List.of("a", 1));
    expect("'tokenizer.ggml.tokens' has an entry 1 that is not a string");
  }

  @Test
  void duplicatePieces() {
    values.put("tokenizer.ggml.tokens", List.of("a", "b", "a"));
    expect("'tokenizer.ggml.tokens' has 'a' twice, as entries 0 and 2");
  }

  @Test
  void lengthsThatDisagree() {
    values.put("tokenizer.ggml.token_type", List.of(1, 1));
    expect("'tokenizer.ggml.token_type' has 2 entries for 258 tokens");
    Map<String, Object> sentencePiece = Vocabularies.sentencePiece("a");
    sentencePiece.put("tokenizer.ggml.scores", List.of(0f));
    expect(sentencePiece, "'tokenizer.ggml.scores' has 1 entries for 262 tokens");
  }

  @Test
  void entriesOfTheWrongKind() {
    List<Object> types = new ArrayList<>((List<?>) values.get("tokenizer.ggml.token_type"));
    types.set(5, "control");
    values.put("tokenizer.ggml.token_type", types);
    expect("'tokenizer.ggml.token_type' has an entry 5 that is not a number");
  }

  @Test
  void roleOutsideTheVocabulary() {
    for (String role : List.of("bos", "eos", "eot", "eom")) {
      Map<String, Object> bad = Vocabularies.bytePairs("qwen2");
      bad.put("tokenizer.ggml." + role + "_token_id", 5000);
      expect(bad, "_token_id' is 5000, outside the vocabulary of 257 tokens");
      bad.put("tokenizer.ggml." + role + "_token_id", -1);
      expect(bad, "_token_id' is -1, outside the vocabulary of 257 tokens");
    }
  }

  @Test
  void addedTokenWithoutId() {
    values.put("tokenizer.ggml.add_bos_token", true);
    expect("'tokenizer.ggml.add_bos_token' is true, but no such token is named");
  }

  @Test
  void mergesOfPiecesOutsideTheVocabularyFallApart() {
    values.put("tokenizer.ggml.merges", List.of("x y", "xy z"));
    Tokenizer tokenizer = Vocabularies.open(values);
    assertEquals("xyz", tokenizer.decode(tokenizer.encode("xyz", false, false), true));
  }

  @Test
  void strangeNumbersAreHarmless() {
    Map<String, Object> sentencePiece = Vocabularies.sentencePiece("▁", "a", "aa");
    List<Object> scores = new ArrayList<>((List<?>) sentencePiece.get("tokenizer.ggml.scores"));
    scores.set(259, Float.NaN);
    scores.set(260, Float.POSITIVE_INFINITY);
    scores.set(261, Float.NEGATIVE_INFINITY);
    sentencePiece.put("tokenizer.ggml.scores", scores);
    Tokenizer tokenizer = Vocabularies.open(sentencePiece);
    assertEquals("aaaa b", tokenizer.decode(tokenizer.encode("aaaa b", true, false), true));
  }

  @Test
  void idsOutsideTheVocabulary() {
    Tokenizer tokenizer = Vocabularies.open(values);
    assertThrows(IllegalArgumentException.class, () -> tokenizer.piece(-1));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.piece(100_000));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.isSpecial(100_000));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {-1}, true));
    assertEquals("a", tokenizer.decode(new int[] {100_000, 'a'}, true));
  }

  private void expect(String message) {
    expect(values, message);
  }

  private static void expect(Map<String, Object> bad, String message) {
    String actual =
        assertThrows(ModelFormatException.class, () -> Vocabularies.open(bad)).getMessage();
    assertTrue(actual.startsWith("test.gguf: ") && actual.contains(message), actual);
    assertFalse(actual.contains("\n"), actual);
  }
}
