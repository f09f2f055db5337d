package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.levin.testkit.Golden;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold for every text and for every sequence of ids. */
class RoundTripTest {
  private static final long SEED = 20260721;

  static Stream<Arguments> tokenizers() {
    return Stream.of(
        Arguments.of("demo GGUF", DemoTokenizerTest.Form.GGUF.open()),
        Arguments.of("demo tokenizer.json", DemoTokenizerTest.Form.HUGGING_FACE.open()),
        Arguments.of(
            "SentencePiece",
            Vocabularies.open(
                Vocabularies.sentencePiece("▁", "▁▁", "H", "e", "l", "o", "el", "ll", "▁Hell"))),
        Arguments.of(
            "llama-bpe",
            Vocabularies.open(Vocabularies.bytePairs("llama-bpe", "l l", "e ll", "Ġ H", "Ã ©"))),
        Arguments.of("tekken", Vocabularies.open(Vocabularies.bytePairs("tekken", "l l"))),
        Arguments.of("gpt-4o", Vocabularies.open(Vocabularies.bytePairs("gpt-4o", "l l"))),
        Arguments.of("default", Vocabularies.open(Vocabularies.bytePairs("default", "Ġ Ġ"))),
        Arguments.of("deepseek-v3", Vocabularies.open(Vocabularies.bytePairs("deepseek-v3"))),
        Arguments.of("falcon", Vocabularies.open(Vocabularies.bytePairs("falcon"))),
        Arguments.of("starcoder", Vocabularies.open(Vocabularies.bytePairs("starcoder"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tokenizers")
  void decodingGivesTheTextBack(String name, Tokenizer tokenizer) {
    Random random = new Random(SEED);
    for (int i = 0; i < 2_000; i++) {
      String text = Vocabularies.randomText(random, 12);
      int[] ids = tokenizer.encode(text, false, false);
      assertEquals(text, tokenizer.decode(ids, true), () -> "seed " + SEED);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tokenizers")
  void streamingEqualsDecodingAtOnce(String name, Tokenizer tokenizer) {
    Random random = new Random(SEED);
    for (int i = 0; i < 2_000; i++) {
      boolean skipSpecial = random.nextBoolean();
      int[] ids = random.ints(random.nextInt(12), 0, tokenizer.vocabSize()).toArray();
      TokenStream stream = tokenizer.stream(skipSpecial);
      StringBuilder streamed = new StringBuilder();
      for (int id : ids) {
        String part = stream.accept(id);
        assertFalse(!part.isEmpty() && Character.isHighSurrogate(part.charAt(part.length() - 1)));
        streamed.append(part);
      }
      streamed.append(stream.finish());
      assertEquals(tokenizer.decode(ids, skipSpecial), streamed.toString(), () -> "seed " + SEED);
    }
  }

  @Test
  void invalidBytesDecodeAsJavaDoes() {
    Tokenizer tokenizer = Vocabularies.open(Vocabularies.bytePairs("gpt-2"));
    Random random = new Random(SEED);
    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = new byte[random.nextInt(10)];
      int[] ids = new int[bytes.length];
      for (int j = 0; j < bytes.length; j++) {
        ids[j] = random.nextBoolean() ? random.nextInt(256) : 0xe0 + random.nextInt(24);
        bytes[j] = (byte) ids[j];
      }
      assertEquals(
          new String(bytes, StandardCharsets.UTF_8),
          tokenizer.decode(ids, true),
          () -> "seed " + SEED);
    }
  }

  @Test
  void unfinishedSequencesWaitForTheirEnd() {
    Tokenizer tokenizer = Vocabularies.open(Vocabularies.bytePairs("gpt-2"));
    TokenStream stream = tokenizer.stream(true);
    assertEquals("", stream.accept(0xf0));
    assertEquals("", stream.accept(0x9f));
    assertEquals("", stream.accept(0x98));
    assertEquals("😀", stream.accept(0x80));
    assertEquals("", stream.accept(0xe4));
    assertEquals("\ufffd", stream.finish());
  }

  @Test
  void loneSurrogatesBecomeReplacementCharacters() {
    Tokenizer tokenizer = Tokenizers.fromGguf(GgufMetadata.read(Golden.embeddedDemo()));
    int[] ids = tokenizer.encode("a\ud83db\ude00", false, false);
    assertEquals("a\ufffdb\ufffd", tokenizer.decode(ids, true));
  }
}
