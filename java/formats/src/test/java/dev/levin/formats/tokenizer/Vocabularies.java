package dev.levin.formats.tokenizer;

import dev.levin.core.model.Metadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small vocabularies and random texts for tests. */
final class Vocabularies {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  private Vocabularies() {}

  /** Characters that break careless tokenizers. */
  private static final String[] AWKWARD = {
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\u200d",
    "\ufe0f",
    "\u0301",
    "é",
    "e\u0301",
    "ſ",
    "İ",
    "ß",
    "'s",
    "'LL",
    "12345",
    "٣",
    "½",
    "你好",
    "か",
    "한국",
    "שלום",
    "مرحبا",
    "\u202e",
    "😀",
    "👩‍👩‍👧",
    "🇩🇪",
    "𝔘",
    "कि",
    "ก็",
    "!?",
    "<|",
    "\0",
    "\u0085",
    "\ufffd",
    "a",
    "word",
    "Hello",
    "x".repeat(70),
    "\u2028",
    "\ufeff",
    "\uffff"
  };

  static String randomText(Random random, int parts) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(parts + 1); i > 0; i--) {
      if (random.nextInt(4) == 0) {
        int codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
        boolean surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
        text.appendCodePoint(surrogate ? 'z' : codePoint);
      } else {
        text.append(AWKWARD[random.nextInt(AWKWARD.length)]);
      }
    }
    return text.toString();
  }

  /** SentencePiece with bytes 3 to 258, then pieces with descending scores. */
  static Map<String, Object> sentencePiece(String... pieces) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(UNKNOWN, CONTROL, CONTROL));
    List<Float> scores = new ArrayList<>(List.of(0f, 0f, 0f));
    for (int value = 0; value < 256; value++) {
      tokens.add(String.format("<0x%02X>", value));
      types.add(BYTE);
      scores.add(0f);
    }
    for (String piece : pieces) {
      tokens.add(piece);
      types.add(NORMAL);
      scores.add(-(float) tokens.size());
    }
    tokens.add("<turn>");
    types.add(CONTROL);
    scores.add(0f);
    tokens.add("<tool>");
    types.add(USER_DEFINED);
    scores.add(0f);
    Map<String, Object> values = new HashMap<>();
    values.put("tokenizer.ggml.model", "llama");
    values.put("tokenizer.ggml.tokens", tokens);
    values.put("tokenizer.ggml.token_type", types);
    values.put("tokenizer.ggml.scores", scores);
    return values;
  }

  /** Byte-level BPE with the bytes as ids 0 to 255 in the alphabet's order, then the merges. */
  static Map<String, Object> bytePairs(String pre, String... merges) {
    List<String> tokens = byteTokens();
    for (String merge : merges) {
      tokens.add(merge.replace(" ", ""));
    }
    List<Integer> types = new ArrayList<>();
    tokens.forEach(token -> types.add(NORMAL));
    tokens.add("<|end|>");
    types.add(CONTROL);
    Map<String, Object> values = new HashMap<>();
    values.put("tokenizer.ggml.model", "gpt2");
    values.put("tokenizer.ggml.pre", pre);
    values.put("tokenizer.ggml.tokens", tokens);
    values.put("tokenizer.ggml.token_type", types);
    values.put("tokenizer.ggml.merges", List.of(merges));
    return values;
  }

  /** The characters of the byte-level alphabet, byte 0 first. */
  static List<String> byteTokens() {
    List<String> tokens = new ArrayList<>();
    for (int value = 0; value < 128; value++) {
      tokens.add(ByteLevelAlphabet.encode(Character.toString(value)));
    }
    for (int value = 128; value < 256; value++) {
      String twoBytes = ByteLevelAlphabet.encode(Character.toString(value < 192 ? value : 0x80));
      tokens.add(value < 192 ? twoBytes.substring(1) : leadByte(value));
    }
    return tokens;
  }

  private static String leadByte(int value) {
    // Latin-1's upper half stands for itself in the alphabet
    return Character.toString(value);
  }

  /** The index of every piece. */
  static Map<String, Integer> ids(List<String> pieces) {
    Map<String, Integer> ids = new HashMap<>();
    pieces.forEach(piece -> ids.put(piece, ids.size()));
    return ids;
  }

  static Metadata metadata(Map<String, Object> values) {
    return new Metadata("test.gguf", values);
  }

  static Tokenizer open(Map<String, Object> values) {
    return Tokenizers.fromGguf(metadata(values));
  }
}
