package dev.levin.formats.gguf;

import dev.levin.core.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks a GGUF header from front to back. Every read is checked against the end of the file before
 * anything is read or allocated.
 */
final class GgufCursor {
  /** Far above any real vocabulary, and small enough to hold in the heap. */
  static final long MAX_HEADER_BYTES = 1L << 28;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String origin;
  private final MemorySegment file;
  private long position;

  GgufCursor(String origin, MemorySegment file) {
    this.origin = origin;
    this.file = file;
  }

  String origin() {
    return origin;
  }

  long position() {
    return position;
  }

  /** Bytes between the cursor and the end of the file. */
  long remaining() {
    return file.byteSize() - position;
  }

  long uint32(String field) {
    return Integer.toUnsignedLong(file.get(INT, advance(Integer.BYTES, field)));
  }

  /** The raw 64 bits; values of 2^63 and more come out negative. */
  long uint64(String field) {
    return file.get(LONG, advance(Long.BYTES, field));
  }

  /**
   * A 64-bit count of things that take at least {@code minBytes} each, checked against what is left
   * of the file and against {@code max}.
   */
  long count(String field, int minBytes, long max) {
    long at = position;
    long count = uint64(field);
    if (Long.compareUnsigned(count, remaining() / minBytes) > 0) {
      throw error(
          field,
          at,
          "is %s, more than the %d bytes left in the file can hold"
              .formatted(Long.toUnsignedString(count), remaining()));
    }
    if (count > max) {
      throw error(field, at, "is %d, more than the limit of %d".formatted(count, max));
    }
    return count;
  }

  /** A string of at most {@code maxBytes} of UTF-8; bytes that are not become U+FFFD. */
  String string(String field, long maxBytes) {
    int length = (int) count("length of " + field, 1, Math.min(maxBytes, MAX_HEADER_BYTES));
    return new String(bytes(length, field), StandardCharsets.UTF_8);
  }

  /** Copies the next bytes. */
  byte[] bytes(int length, String field) {
    byte[] bytes = new byte[length];
    long at = advance(length, field);
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    return bytes;
  }

  /** Moves on over {@code length} bytes and returns where they start. */
  long advance(long length, String field) {
    long start = position;
    if (length > remaining()) {
      throw error(
          field,
          start,
          "needs %d bytes, but the file ends at byte %d".formatted(length, file.byteSize()));
    }
    if (start + length > MAX_HEADER_BYTES) {
      throw error(field, start, "lies beyond the limit of %d bytes".formatted(MAX_HEADER_BYTES));
    }
    position = start + length;
    return start;
  }

  /** Goes back to copy what was just checked. */
  void rewind(long to) {
    position = to;
  }

  ModelFormatException error(String field, long at, String problem) {
    return new ModelFormatException("%s: %s at byte %d %s".formatted(origin, field, at, problem));
  }
}
