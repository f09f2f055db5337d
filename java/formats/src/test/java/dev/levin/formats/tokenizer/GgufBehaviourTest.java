package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How GGUF's flags and token types act. */
class GgufBehaviourTest {
  @Test
  void emptyTextIsNothingButItsFrame() {
    Tokenizer tokenizer = Vocabularies.open(Vocabularies.sentencePiece("a"));
    assertArrayEquals(new int[0], tokenizer.encode("", false, false));
    assertArrayEquals(new int[] {1}, tokenizer.encode("", true, false));
    assertEquals("", tokenizer.decode(new int[0], false));
  }

  @Test
  void sentencePieceMergesTheHighestScoreFirst() {
    Map<String, Object> values = Vocabularies.sentencePiece("a", "b", "c", "bc", "ab", "▁");
    values.put("tokenizer.ggml.add_space_prefix", false);
    Tokenizer tokenizer = Vocabularies.open(values);
    assertPieces(tokenizer, "abc", "a", "bc");
    assertPieces(tokenizer, "ab c", "ab", "▁", "c");
    assertPieces(tokenizer, "aé", "a", "<0xC3>", "<0xA9>");
  }

  @Test
  void sentencePieceTextStartsWithASpaceUnlessTheFileForbids() {
    Map<String, Object> values = Vocabularies.sentencePiece("a", "▁", "▁a");
    assertPieces(Vocabularies.open(values), "a", "▁a");
    assertEquals("a", Vocabularies.open(values).decode(new int[] {261}, true));
    values.put("tokenizer.ggml.add_space_prefix", false);
    assertPieces(Vocabularies.open(values), "a", "a");
    assertEquals(" a", Vocabularies.open(values).decode(new int[] {261}, true));
  }

  @Test
  void userDefinedTokensAreAlwaysReadControlTokensOnRequest() {
    Tokenizer tokenizer = Vocabularies.open(Vocabularies.sentencePiece("▁"));
    int turn = tokenizer.find("<turn>").orElseThrow();
    int tool = tokenizer.find("<tool>").orElseThrow();
    assertArrayEquals(new int[] {turn, tool}, tokenizer.encode("<turn><tool>", false, true));
    int[] untrusted = tokenizer.encode("<turn><tool>", false, false);
    assertEquals(tool, untrusted[untrusted.length - 1]);
    assertEquals(1 + "<turn>".length() + 1, untrusted.length);
  }

  @Test
  void framesFollowTheFlags() {
    Map<String, Object> values = Vocabularies.sentencePiece("▁");
    assertArrayEquals(new int[] {1, 259, 259}, Vocabularies.open(values).encode(" ", true, false));
    values.put("tokenizer.ggml.add_bos_token", false);
    values.put("tokenizer.ggml.add_eos_token", true);
    assertArrayEquals(new int[] {2}, Vocabularies.open(values).encode("", true, false));
  }

  @Test
  void endIdsAreThoseNamedAndThoseKnown() {
    Map<String, Object> values = Vocabularies.bytePairs("llama-bpe");
    values.put("tokenizer.ggml.eos_token_id", 7);
    values.put("tokenizer.ggml.eot_token_id", 8);
    Tokenizer tokenizer = Vocabularies.open(values);
    assertEquals(Set.of(7, 8, 256), tokenizer.endIds());
    assertEquals(OptionalInt.of(7), tokenizer.eosId());
    assertEquals(OptionalInt.empty(), tokenizer.bosId());
  }

  @Test
  void endOfMessageDoesNotEndATurnWhereCallsHaveTheirOwn() {
    Map<String, Object> values = Vocabularies.bytePairs("gpt-4o");
    List<Object> tokens = new ArrayList<>((List<?>) values.get("tokenizer.ggml.tokens"));
    tokens.addAll(List.of("<|call|>", "<|return|>"));
    values.put("tokenizer.ggml.tokens", tokens);
    values.remove("tokenizer.ggml.token_type");
    assertEquals(Set.of(257, 258), Vocabularies.open(values).endIds());
  }

  @Test
  void phi3TokensSwallowTheSpaceAfterThem() {
    Map<String, Object> values = Vocabularies.sentencePiece("▁", "a");
    values.put("tokenizer.ggml.add_space_prefix", false);
    values.put("general.name", "Phi3");
    Tokenizer tokenizer = Vocabularies.open(values);
    int turn = tokenizer.find("<turn>").orElseThrow();
    assertArrayEquals(new int[] {turn, 260}, tokenizer.encode("<turn> \n a", false, true));
    assertArrayEquals(new int[] {1, 259, 260}, tokenizer.encode("<s> a", false, true));
  }

  @Test
  void wordPieceFramesLowersAndStripsAccents() {
    Map<String, Object> values = new HashMap<>();
    values.put("tokenizer.ggml.model", "bert");
    values.put(
        "tokenizer.ggml.tokens",
        List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁uber", "▁a", "pple", "▁,", "▁你"));
    values.put("tokenizer.ggml.token_type", List.of(3, 3, 3, 3, 1, 1, 1, 1, 1));
    values.put("tokenizer.ggml.unknown_token_id", 1);
    values.put("tokenizer.ggml.cls_token_id", 2);
    values.put("tokenizer.ggml.seperator_token_id", 3);
    Tokenizer tokenizer = Vocabularies.open(values);
    int[] ids = tokenizer.encode("Über,Apple你 zzz", true, false);
    assertArrayEquals(new int[] {2, 4, 7, 5, 6, 8, 1, 3}, ids);
    assertEquals("uber , apple 你", tokenizer.decode(ids, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "llama-bpe ~ `Hi  you'LL pay 12345!!` ~ `Hi|Ġ|Ġyou|'LL|Ġpay|Ġ|123|45|!!`",
        "qwen2 ~ `Hi  you'LL pay 12345!!` ~ `Hi|Ġ|Ġyou|'LL|Ġpay|Ġ|1|2|3|4|5|!!`",
        "gpt-2 ~ `Hi  you'LL pay 12345!!` ~ `Hi|Ġ|Ġyou|'|LL|Ġpay|Ġ12345|!!`",
        "starcoder ~ `a 12` ~ `a|Ġ|1|2`",
        "gpt-4o ~ `camelCase's HTTPServer/` ~ `camel|Case's|ĠHTTPServer|/`",
        "tekken ~ `camelCase's 42` ~ `camel|Case|'s|Ġ|4|2`",
        "falcon ~ `a 12345 +=b` ~ `a|Ġ|123|45|Ġ|+=|b`",
        "deepseek-v3 ~ `x 1234 (ok` ~ `x|Ġ|123|4|Ġ(|ok`",
        "superbpe ~ `a b 1234567` ~ `aĠbĠ|1|234|567`",
      })
  void preTokenizersCutWhereTheModelsDo(String pre, String text, String words) {
    List<String> actual = new ArrayList<>();
    GgufPreTokenizers.find(pre)
        .orElseThrow()
        .compile(pre)
        .split(text, true, (word, first) -> actual.add(word));
    assertEquals(words, String.join("|", actual));
  }

  private static void assertPieces(Tokenizer tokenizer, String text, String... pieces) {
    int[] ids = tokenizer.encode(text, false, false);
    List<String> actual = new ArrayList<>();
    for (int id : ids) {
      actual.add(tokenizer.piece(id));
    }
    assertEquals(List.of(pieces), actual);
  }
}
