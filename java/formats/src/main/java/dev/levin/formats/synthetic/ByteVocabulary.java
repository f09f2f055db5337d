package dev.levin.formats.synthetic;

import dev.levin.formats.gguf.GgufType;
import dev.levin.formats.gguf.GgufWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A byte-level BPE vocabulary of any size that can encode every text: the 256 bytes, pairs of
 * letters with their merges, filler up to the size, and two special tokens at the end.
 */
final class ByteVocabulary {
  private static final int BYTES = 256;
  private static final int SPECIALS = 2;
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final String LETTERS = "etaoinshrdlucmfwypvbgkjqxz";

  private final List<String> tokens = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();

  ByteVocabulary(int size) {
    if (size < BYTES + 1 + SPECIALS) {
      throw new IllegalArgumentException("a byte vocabulary of " + size + " tokens is too small");
    }
    for (int value = 0; value < BYTES; value++) {
      tokens.add(byteToken(value));
    }
    addPairs(size - SPECIALS);
    while (tokens.size() < size - SPECIALS) {
      tokens.add("Ġt" + tokens.size());
    }
    tokens.add("<|begin_of_text|>");
    tokens.add("<|end_of_text|>");
  }

  private void addPairs(int limit) {
    String firsts = "Ġ" + LETTERS;
    for (int i = 0; i < firsts.length(); i++) {
      for (int j = 0; j < LETTERS.length() && tokens.size() < limit; j++) {
        char first = firsts.charAt(i);
        char second = LETTERS.charAt(j);
        tokens.add("" + first + second);
        merges.add(first + " " + second);
      }
    }
  }

  /**
   * GPT-2's spelling of a byte: printable Latin-1 stands for itself, the others follow from U+0100
   * on in their order.
   */
  private static String byteToken(int value) {
    int unprintable = 0;
    for (int i = 0; i < value; i++) {
      unprintable += isPrintable(i) ? 0 : 1;
    }
    return Character.toString(isPrintable(value) ? value : BYTES + unprintable);
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xff && value != 0xad);
  }

  void addTo(GgufWriter writer, String preTokenizer) {
    int size = tokens.size();
    List<Integer> types = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      types.add(i < size - SPECIALS ? NORMAL : CONTROL);
    }
    writer
        .putString("tokenizer.ggml.model", "gpt2")
        .putString("tokenizer.ggml.pre", preTokenizer)
        .putArray("tokenizer.ggml.tokens", GgufType.STRING, tokens)
        .putArray("tokenizer.ggml.token_type", GgufType.INT32, types)
        .putArray("tokenizer.ggml.merges", GgufType.STRING, merges)
        .putUint32("tokenizer.ggml.bos_token_id", size - 2)
        .putUint32("tokenizer.ggml.eos_token_id", size - 1)
        .putBool("tokenizer.ggml.add_bos_token", true);
  }
}
