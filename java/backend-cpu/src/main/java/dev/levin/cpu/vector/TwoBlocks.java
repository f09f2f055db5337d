package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.BYTES;
import static dev.levin.cpu.vector.Pairs.COUNT;

import dev.levin.core.DType;
import jdk.incubator.vector.ByteVector;

/** Where the lanes find the bytes of two blocks of 16 bytes of codes that follow each other. */
final class TwoBlocks {
  private TwoBlocks() {}

  /**
   * Two bytes of codes a lane, at its bytes 0 and 2; others are arbitrary.
   *
   * @param first the first byte of codes in a block
   */
  static ByteVector codes(DType dtype, int first) {
    byte[] index = new byte[4 * COUNT];
    for (int i = 0; i < index.length; i++) {
      int lane = i / 4;
      index[i] = (byte) (lane / 8 * dtype.blockBytes() + first + lane % 8 * 2 + i % 4 / 2);
    }
    return ByteVector.fromArray(BYTES, index, 0);
  }

  /** The first two bytes of the lanes' blocks, at their bytes 2 and 3; others are arbitrary. */
  static ByteVector scales(DType dtype) {
    byte[] index = new byte[4 * COUNT];
    for (int i = 0; i < index.length; i++) {
      index[i] = (byte) (i / 4 / 8 * dtype.blockBytes() + i % 2);
    }
    return ByteVector.fromArray(BYTES, index, 0);
  }
}
