package dev.levin.formats.gguf;

import dev.levin.formats.io.Sizes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Spells metadata values as bytes, little-endian. */
final class GgufEncoder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteBuffer scratch = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Throws {@link IllegalArgumentException} unless the value is one of this type. */
  static void check(String key, GgufType type, Object value) {
    boolean fits =
        switch (type) {
          case STRING -> value instanceof String;
          case BOOL -> value instanceof Boolean;
          case ARRAY -> value instanceof GgufArray;
          default -> value instanceof Number;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "metadata key '%s': %s is no %s".formatted(key, value, type));
    }
    if (value instanceof GgufArray array) {
      for (Object element : array.values()) {
        check(key, array.elementType(), element);
      }
    }
  }

  void raw(byte[] bytes) {
    out.writeBytes(bytes);
  }

  void int32(int value) {
    number(GgufType.INT32, value);
  }

  void int64(long value) {
    number(GgufType.INT64, value);
  }

  void string(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    int64(bytes.length);
    raw(bytes);
  }

  void value(GgufType type, Object value) {
    switch (type) {
      case STRING -> string((String) value);
      case BOOL -> out.write((Boolean) value ? 1 : 0);
      case ARRAY -> array((GgufArray) value);
      default -> number(type, (Number) value);
    }
  }

  private void array(GgufArray array) {
    GgufType type = array.elementType();
    List<?> values = array.values();
    int32(type.id());
    int64(values.size());
    for (Object element : values) {
      value(type, element);
    }
  }

  private void number(GgufType type, Number value) {
    scratch.clear();
    switch (type) {
      case FLOAT32 -> scratch.putFloat(value.floatValue());
      case FLOAT64 -> scratch.putDouble(value.doubleValue());
      default -> scratch.putLong(value.longValue());
    }
    out.write(scratch.array(), 0, type.minBytes());
  }

  void pad(int alignment) {
    long size = out.size();
    raw(new byte[(int) (Sizes.align(size, alignment) - size)]);
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }
}
