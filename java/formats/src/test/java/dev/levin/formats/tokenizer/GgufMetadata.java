package dev.levin.formats.tokenizer;

import dev.levin.core.model.Metadata;
import dev.levin.testkit.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the key/value pairs of trusted GGUF files, enough for tests of tokenizers. */
final class GgufMetadata {
  private static final int HEADER_BYTES = 16;

  private final ByteBuffer bytes;

  private GgufMetadata(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  static Metadata read(Path file) {
    ByteBuffer bytes = ByteBuffer.wrap(Golden.bytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(HEADER_BYTES);
    return new Metadata(file.toString(), new GgufMetadata(bytes).pairs());
  }

  private Map<String, Object> pairs() {
    Map<String, Object> values = new LinkedHashMap<>();
    long count = bytes.getLong();
    for (long i = 0; i < count; i++) {
      values.put(string(), value(bytes.getInt()));
    }
    return values;
  }

  private Object value(int type) {
    return switch (type) {
      case 0, 1 -> bytes.get();
      case 2, 3 -> bytes.getShort();
      case 4, 5 -> bytes.getInt();
      case 6 -> bytes.getFloat();
      case 7 -> bytes.get() != 0;
      case 8 -> string();
      case 9 -> list();
      case 10, 11 -> bytes.getLong();
      case 12 -> bytes.getDouble();
      default -> throw new AssertionError("type " + type);
    };
  }

  private List<Object> list() {
    int type = bytes.getInt();
    long count = bytes.getLong();
    List<Object> values = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      values.add(value(type));
    }
    return values;
  }

  private String string() {
    byte[] text = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
