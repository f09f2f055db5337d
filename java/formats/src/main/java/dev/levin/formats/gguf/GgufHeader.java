package dev.levin.formats.gguf;

import dev.levin.core.ModelFormatException;
import dev.levin.formats.io.Quote;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The front of a GGUF file: metadata and tensor descriptions, all of them checked; tensor data is
 * not touched.
 *
 * @param version 2 or 3
 * @param metadata keys and values as in the file, in file order
 * @param types how the file spells each value of {@code metadata}
 * @param tensors in file order
 */
record GgufHeader(
    int version,
    Map<String, Object> metadata,
    Map<String, GgufType> types,
    List<GgufTensorInfo> tensors) {
  static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);
  static final String ALIGNMENT_KEY = "general.alignment";
  static final int DEFAULT_ALIGNMENT = 32;

  private static final int MIN_VERSION = 2;
  private static final int MAX_VERSION = 3;
  private static final int MAX_KEYS = 1 << 16;
  private static final int MAX_TENSORS = 1 << 18;
  private static final int MAX_KEY_BYTES = (1 << 16) - 1;
  private static final int MAX_ALIGNMENT = 1 << 20;

  /** The fewest bytes a key with its value takes: key length, type, one byte of value. */
  private static final int MIN_ENTRY_BYTES = 8 + 4 + 1;

  /** The fewest bytes a tensor entry takes: name length, dimension count, type, offset. */
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

  /**
   * Reads and checks a header.
   *
   * @param origin the file, for messages
   * @throws ModelFormatException naming file, field and byte when anything does not fit
   */
  static GgufHeader read(String origin, MemorySegment file) {
    GgufCursor cursor = new GgufCursor(origin, file);
    int version = readVersion(cursor);
    int tensorCount = (int) cursor.count("tensor count", MIN_TENSOR_BYTES, MAX_TENSORS);
    int keyCount = (int) cursor.count("metadata count", MIN_ENTRY_BYTES, MAX_KEYS);
    Map<String, GgufType> types = new HashMap<>();
    Map<String, Object> metadata = readMetadata(cursor, keyCount, types);
    int alignment = alignment(origin, metadata);
    List<GgufTensorInfo> tensors =
        new GgufTensorReader(cursor, alignment).read(tensorCount, file.byteSize());
    return new GgufHeader(version, metadata, types, tensors);
  }

  private static int readVersion(GgufCursor cursor) {
    byte[] magic = cursor.bytes(MAGIC.length, "magic");
    if (!Arrays.equals(magic, MAGIC)) {
      String found = Quote.of(new String(magic, StandardCharsets.ISO_8859_1));
      throw cursor.error("magic", 0, "is " + found + ", not 'GGUF'");
    }
    long at = cursor.position();
    int version = (int) cursor.uint32("version");
    if (version >= MIN_VERSION && version <= MAX_VERSION) {
      return version;
    }
    int swapped = Integer.reverseBytes(version);
    if (swapped > 0 && swapped <= MAX_VERSION) {
      throw cursor.error(
          "version", at, "is big-endian; convert the model to a little-endian GGUF file");
    }
    throw cursor.error(
        "version",
        at,
        "is %s; Levin reads GGUF versions %d to %d"
            .formatted(Integer.toUnsignedString(version), MIN_VERSION, MAX_VERSION));
  }

  private static Map<String, Object> readMetadata(
      GgufCursor cursor, int count, Map<String, GgufType> types) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    GgufValueReader values = new GgufValueReader(cursor);
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      String key = cursor.string("metadata key " + i, MAX_KEY_BYTES);
      if (metadata.containsKey(key)) {
        throw cursor.error("metadata key " + Quote.of(key), at, "appears twice");
      }
      GgufType type = values.readType(key);
      types.put(key, type);
      metadata.put(key, values.read(type, key));
    }
    return Collections.unmodifiableMap(metadata);
  }

  private static int alignment(String origin, Map<String, Object> metadata) {
    Object value = metadata.getOrDefault(ALIGNMENT_KEY, DEFAULT_ALIGNMENT);
    if (value instanceof Integer || value instanceof Long) {
      long alignment = ((Number) value).longValue();
      if (alignment > 0 && alignment <= MAX_ALIGNMENT && Long.bitCount(alignment) == 1) {
        return (int) alignment;
      }
    }
    throw new ModelFormatException(
        "%s: '%s' is %s; it must be a power of two up to %d"
            .formatted(
                origin, ALIGNMENT_KEY, Quote.line(String.valueOf(value), 40), MAX_ALIGNMENT));
  }
}
