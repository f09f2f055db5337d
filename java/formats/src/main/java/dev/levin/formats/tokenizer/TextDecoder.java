package dev.levin.formats.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes ids one at a time; whole sequences are decoded the same way. */
final class TextDecoder implements TokenStream {
  private static final int LONGEST_UNFINISHED_BYTES = 3;

  private final Vocabulary vocabulary;
  private final Detokenizer detokenizer;
  private final boolean skipSpecial;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] pending = new byte[LONGEST_UNFINISHED_BYTES];
  private int pendingBytes;
  private boolean first = true;
  private int stripLeft;

  TextDecoder(Vocabulary vocabulary, Detokenizer detokenizer, boolean skipSpecial) {
    this.vocabulary = vocabulary;
    this.detokenizer = detokenizer;
    this.skipSpecial = skipSpecial;
    this.stripLeft = detokenizer.stripCount();
  }

  @Override
  public String accept(int id) {
    if (id < 0) {
      throw new IllegalArgumentException("token id " + id + " is negative");
    }
    if (!vocabulary.contains(id) || skipSpecial && PipelineTokenizer.isSpecial(vocabulary, id)) {
      return "";
    }
    byte[] bytes = detokenizer.bytes(vocabulary.piece(id), vocabulary.kind(id), first);
    first = false;
    int from = strip(bytes);
    return decode(bytes, from, false);
  }

  @Override
  public String finish() {
    String rest = decode(new byte[0], 0, true);
    first = true;
    stripLeft = detokenizer.stripCount();
    return rest;
  }

  private int strip(byte[] bytes) {
    int from = 0;
    while (stripLeft > 0 && from < bytes.length) {
      if (bytes[from] != detokenizer.stripCharacter()) {
        stripLeft = 0;
        break;
      }
      from++;
      stripLeft--;
    }
    return from;
  }

  private String decode(byte[] bytes, int from, boolean last) {
    ByteBuffer input = ByteBuffer.allocate(pendingBytes + bytes.length - from);
    input.put(pending, 0, pendingBytes).put(bytes, from, bytes.length - from).flip();
    // UTF-8 never yields more UTF-16 units than it has bytes
    CharBuffer output = CharBuffer.allocate(input.remaining() + 1);
    utf8.decode(input, output, last);
    if (last) {
      utf8.flush(output);
      utf8.reset();
    }
    pendingBytes = input.remaining();
    input.get(pending, 0, pendingBytes);
    return output.flip().toString();
  }
}
