package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.putByte;

import java.lang.foreign.MemorySegment;

/** The usual order of 32 four-bit codes in 16 bytes. */
final class Nibbles {
  private Nibbles() {}

  /** Writes the low four bits of 32 codes: code i in the lower half of byte i, i + 16 above it. */
  static void pack(byte[] codes, int from, MemorySegment target, long at) {
    for (int i = 0; i < 16; i++) {
      putByte(target, at + i, codes[from + i] & 15 | (codes[from + i + 16] & 15) << 4);
    }
  }
}
