package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;

import dev.levin.core.DType;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.ByteVector;

/**
 * Where the lanes find the bytes of four blocks of 16 bytes of codes that follow each other, in two
 * loads: of the first 64 bytes, and of the last.
 */
final class FourBlocks {
  private FourBlocks() {}

  /** Bytes from where the first load begins to where the second does. */
  static int second(DType dtype) {
    return 4 * dtype.blockBytes() - BYTES_OF_VECTOR;
  }

  /** Where the last four blocks of a row of k values begin: some may be in the four before. */
  static long lastAt(DType dtype, int k) {
    return Math.max(0, dtype.rowBytes(k) - 4L * dtype.blockBytes());
  }

  /**
   * The codes in order, four bytes a lane.
   *
   * @param first the first byte of codes in a block
   */
  static ByteVector codes(DType dtype, int first) {
    return index(dtype, i -> i / 16 * dtype.blockBytes() + first + i % 16);
  }

  /** The first two bytes of the lanes' blocks, at their bytes 2 and 3; others are arbitrary. */
  static ByteVector scales(DType dtype) {
    return index(dtype, i -> i / 16 * dtype.blockBytes() + i % 2);
  }

  /**
   * The values of four blocks as {@link IntegerFormat#order}: a short has the nibbles of two bytes,
   * each vector those of one place in its shorts.
   */
  static int valueOf(int slot) {
    return valueOf(slot, slot / (4 * COUNT), slot / (2 * COUNT) % 2);
  }

  /** As {@link #valueOf}, but both low nibbles of a short come first. */
  static int valueOfBytes(int slot) {
    return valueOf(slot, slot / (2 * COUNT) % 2, slot / (4 * COUNT));
  }

  private static int valueOf(int slot, int oddByte, int highNibble) {
    int at = slot % (2 * COUNT) * 2 + oddByte;
    return at / 16 * 32 + highNibble * 16 + at % 16;
  }

  /** Bytes of the second load are counted on from those of the first. */
  private static ByteVector index(DType dtype, IntUnaryOperator byteOf) {
    byte[] index = new byte[BYTES_OF_VECTOR];
    for (int i = 0; i < index.length; i++) {
      int at = byteOf.applyAsInt(i);
      index[i] = (byte) (at < BYTES_OF_VECTOR ? at : at - second(dtype) + BYTES_OF_VECTOR);
    }
    return ByteVector.fromArray(BYTES, index, 0);
  }
}
