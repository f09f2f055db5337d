package dev.levin.formats.gguf;

/** The value types of GGUF metadata; ids are those of the file format. */
public enum GgufType {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  /** A 64-bit length and that many bytes of UTF-8; {@link #minBytes} counts the length. */
  STRING(8),
  /** Element type, 64-bit count, elements; {@link #minBytes} counts the first two. */
  ARRAY(12),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private static final GgufType[] BY_ID = values();

  private final int minBytes;

  GgufType(int minBytes) {
    this.minBytes = minBytes;
  }

  /** The type with this id, or null when there is none. */
  static GgufType ofId(long id) {
    return id >= 0 && id < BY_ID.length ? BY_ID[(int) id] : null;
  }

  int id() {
    return ordinal();
  }

  /** The fewest bytes a value takes in a file; for numbers exactly what it takes. */
  int minBytes() {
    return minBytes;
  }

  boolean isNumber() {
    return this != BOOL && this != STRING && this != ARRAY;
  }
}
