package dev.levin.formats.gguf;

import dev.levin.formats.io.Quote;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads metadata values of all thirteen types. */
final class GgufValueReader {
  private static final int MAX_DEPTH = 4;

  /** Bounds the objects that arrays of arrays cost; real files have none. */
  private static final int MAX_NESTED_ARRAYS = 1 << 16;

  private final GgufCursor cursor;
  private int nestedArrays;

  GgufValueReader(GgufCursor cursor) {
    this.cursor = cursor;
  }

  /** The type id before the value of a key. */
  GgufType readType(String key) {
    return type("type of the " + field(key));
  }

  /** The value of a key, of the type that was before it. */
  Object read(GgufType type, String key) {
    return read(type, field(key), 0);
  }

  private static String field(String key) {
    return "value of " + Quote.of(key);
  }

  private GgufType type(String field) {
    long at = cursor.position();
    long id = cursor.uint32(field);
    GgufType type = GgufType.ofId(id);
    if (type == null) {
      throw cursor.error(field, at, "is " + id + "; GGUF knows 0 to 12");
    }
    return type;
  }

  private Object read(GgufType type, String field, int depth) {
    return switch (type) {
      case STRING -> cursor.string(field, GgufCursor.MAX_HEADER_BYTES);
      case ARRAY -> array(field, depth);
      default -> scalar(type, field);
    };
  }

  private Object scalar(GgufType type, String field) {
    long at = cursor.position();
    byte[] bytes = cursor.bytes(type.minBytes(), field);
    if (type == GgufType.BOOL) {
      checkBooleans(bytes, field, at);
    }
    return PackedScalars.decode(type, bytes, 0);
  }

  private List<?> array(String field, int depth) {
    long at = cursor.position();
    GgufType type = type("element type of the " + field);
    if (depth >= MAX_DEPTH) {
      throw cursor.error(field, at, "nests arrays deeper than " + MAX_DEPTH);
    }
    String countField = "element count of the " + field;
    long max = GgufCursor.MAX_HEADER_BYTES / type.minBytes();
    int count = (int) cursor.count(countField, type.minBytes(), max);
    return switch (type) {
      case STRING -> strings(count, field);
      case ARRAY -> arrays(count, field, depth + 1);
      default -> scalars(type, count, field);
    };
  }

  private PackedScalars scalars(GgufType type, int count, String field) {
    long at = cursor.position();
    long length = (long) count * type.minBytes();
    cursor.advance(length, field);
    cursor.rewind(at);
    byte[] bytes = cursor.bytes((int) length, field);
    if (type == GgufType.BOOL) {
      checkBooleans(bytes, field, at);
    }
    return new PackedScalars(type, bytes);
  }

  private PackedStrings strings(int count, String field) {
    long start = cursor.position();
    int[] ends = new int[count];
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      long length = cursor.uint64(field);
      if (Long.compareUnsigned(length, cursor.remaining()) > 0) {
        throw cursor.error(
            "length of string %d in the %s".formatted(i, field),
            at,
            "is %s, but %d bytes are left in the file"
                .formatted(Long.toUnsignedString(length), cursor.remaining()));
      }
      cursor.advance(length, field);
      ends[i] = (int) (cursor.position() - start);
    }
    int length = (int) (cursor.position() - start);
    cursor.rewind(start);
    return new PackedStrings(cursor.bytes(length, field), ends);
  }

  private List<?> arrays(int count, String field, int depth) {
    nestedArrays += count;
    if (nestedArrays > MAX_NESTED_ARRAYS) {
      throw cursor.error(
          field, cursor.position(), "holds more than %d arrays".formatted(MAX_NESTED_ARRAYS));
    }
    List<Object> arrays = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      arrays.add(array(field, depth));
    }
    return Collections.unmodifiableList(arrays);
  }

  private void checkBooleans(byte[] bytes, String field, long at) {
    for (int i = 0; i < bytes.length; i++) {
      if ((bytes[i] & ~1) != 0) {
        throw cursor.error(
            field, at + i, "is %d; a boolean is 0 or 1".formatted(Byte.toUnsignedInt(bytes[i])));
      }
    }
  }
}
