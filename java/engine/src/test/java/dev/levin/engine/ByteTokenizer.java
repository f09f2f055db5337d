package dev.levin.engine;

import dev.levin.formats.tokenizer.TokenStream;
import dev.levin.formats.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** A token per byte, and four special ones. */
final class ByteTokenizer implements Tokenizer {
  static final int BOS = 256;
  static final int EOS = 257;
  static final int TURN_START = 258;
  static final int TURN_END = 259;
  static final int VOCAB_SIZE = 260;

  private static final List<String> SPECIAL = List.of("<s>", "</s>", "<|im_start|>", "<|im_end|>");

  @Override
  public int vocabSize() {
    return VOCAB_SIZE;
  }

  @Override
  public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    IntStream.Builder ids = IntStream.builder();
    if (addSpecial) {
      ids.add(BOS);
    }
    for (int i = 0; i < text.length(); ) {
      int special = parseSpecial ? specialAt(text, i) : -1;
      if (special >= 0) {
        ids.add(BOS + special);
        i += SPECIAL.get(special).length();
      } else {
        int end = text.offsetByCodePoints(i, 1);
        for (byte value : text.substring(i, end).getBytes(StandardCharsets.UTF_8)) {
          ids.add(value & 0xFF);
        }
        i = end;
      }
    }
    return ids.build().toArray();
  }

  /** The first token of a text whose characters stand for bytes. */
  static int firstId(String bytes) {
    int special = specialAt(bytes, 0);
    return special < 0 ? bytes.charAt(0) : BOS + special;
  }

  private static int specialAt(String text, int start) {
    for (int i = 0; i < SPECIAL.size(); i++) {
      if (text.startsWith(SPECIAL.get(i), start)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    TokenStream stream = stream(skipSpecial);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(stream.accept(id));
    }
    return text.append(stream.finish()).toString();
  }

  @Override
  public TokenStream stream(boolean skipSpecial) {
    ByteArrayOutputStream held = new ByteArrayOutputStream();
    return new TokenStream() {
      @Override
      public String accept(int id) {
        if (id >= BOS) {
          return skipSpecial ? "" : piece(id);
        }
        held.write(id);
        byte[] bytes = held.toByteArray();
        int lead = bytes[0] & 0xFF;
        int length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        return bytes.length < length ? "" : finish();
      }

      @Override
      public String finish() {
        String text = held.toString(StandardCharsets.UTF_8);
        held.reset();
        return text;
      }
    };
  }

  @Override
  public String piece(int id) {
    return id < BOS ? String.valueOf((char) id) : SPECIAL.get(id - BOS);
  }

  @Override
  public OptionalInt find(String piece) {
    int special = SPECIAL.indexOf(piece);
    return special < 0 ? OptionalInt.empty() : OptionalInt.of(BOS + special);
  }

  @Override
  public boolean isSpecial(int id) {
    return id >= BOS;
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.of(BOS);
  }

  @Override
  public OptionalInt eosId() {
    return OptionalInt.of(EOS);
  }

  @Override
  public Set<Integer> endIds() {
    return Set.of(EOS, TURN_END);
  }
}
