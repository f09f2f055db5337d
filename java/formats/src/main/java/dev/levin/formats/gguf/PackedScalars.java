package dev.levin.formats.gguf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Numbers or booleans of a metadata array in the bytes of the file: an array of 150 000 scores
 * takes what it takes in the file, and elements become objects only when asked for.
 */
final class PackedScalars extends AbstractList<Object> implements RandomAccess {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private final GgufType type;
  private final byte[] bytes;

  PackedScalars(GgufType type, byte[] bytes) {
    this.type = type;
    this.bytes = bytes;
  }

  private static VarHandle view(Class<?> arrays) {
    return MethodHandles.byteArrayViewVarHandle(arrays, ByteOrder.LITTLE_ENDIAN);
  }

  GgufType type() {
    return type;
  }

  @Override
  public int size() {
    return bytes.length / type.minBytes();
  }

  @Override
  public Object get(int index) {
    Objects.checkIndex(index, size());
    return decode(type, bytes, index * type.minBytes());
  }

  /** The scalar of this type at a byte of an array: Integer, Long, BigInteger, Float and so on. */
  static Object decode(GgufType type, byte[] bytes, int at) {
    return switch (type) {
      case UINT8 -> Byte.toUnsignedInt(bytes[at]);
      case INT8 -> (int) bytes[at];
      case BOOL -> bytes[at] != 0;
      case UINT16 -> Short.toUnsignedInt((short) SHORT.get(bytes, at));
      case INT16 -> (int) (short) SHORT.get(bytes, at);
      case UINT32 -> Integer.toUnsignedLong((int) INT.get(bytes, at));
      case INT32 -> (int) INT.get(bytes, at);
      case FLOAT32 -> Float.intBitsToFloat((int) INT.get(bytes, at));
      case UINT64 -> unsigned((long) LONG.get(bytes, at));
      case INT64 -> (long) LONG.get(bytes, at);
      case FLOAT64 -> Double.longBitsToDouble((long) LONG.get(bytes, at));
      case STRING, ARRAY -> throw new IllegalArgumentException(type + " is not a scalar");
    };
  }

  private static Number unsigned(long bits) {
    if (bits >= 0) {
      return bits;
    }
    return new BigInteger(Long.toUnsignedString(bits));
  }
}
