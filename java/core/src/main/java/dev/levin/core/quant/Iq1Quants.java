package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.unsignedByte;
import static dev.levin.core.quant.LittleEndian.unsignedShort;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Points of eight ternary values, all shifted by plus or minus an eighth, times a scale. */
final class Iq1Quants {
  private static final int POINTS = 32;
  private static final float DELTA = 0.125f;

  private Iq1Quants() {}

  static final class IQ1_S extends BlockwiseCodec {
    private static final int QS = 2;
    private static final int QH = 34;

    IQ1_S() {
      super(DType.IQ1_S, false);
    }

    /** Four points share a word: three high index bits each, then scale, then sign of the shift. */
    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        int word = unsignedShort(source, at + QH + point / 4 * 2);
        float scale = d * (2 * (word >> 12 & 7) + 1);
        float delta = (word & 0x8000) == 0 ? DELTA : -DELTA;
        int high = word >> point % 4 * 3 & 7;
        int index = unsignedByte(source, at + QS + point) | high << 8;
        decodePoint(index, scale, delta, target, to + 8 * point);
      }
    }
  }

  static final class IQ1_M extends BlockwiseCodec {
    private static final int QS = 0;
    private static final int QH = 32;
    private static final int SCALES = 48;

    IQ1_M() {
      super(DType.IQ1_M, false);
    }

    /** A point has a nibble: three high index bits, then sign of the shift. */
    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = scatteredHalf(source, at + SCALES);
      for (int point = 0; point < POINTS; point++) {
        int group = point / 2;
        int scales = unsignedShort(source, at + SCALES + group / 4 * 2);
        float scale = d * (2 * (scales >> group % 4 * 3 & 7) + 1);
        int nibble = unsignedByte(source, at + QH + group) >> point % 2 * 4 & 15;
        float delta = (nibble & 8) == 0 ? DELTA : -DELTA;
        int index = unsignedByte(source, at + QS + point) | (nibble & 7) << 8;
        decodePoint(index, scale, delta, target, to + 8 * point);
      }
    }

    /** The top nibbles of the four scale words, the first lowest, spell the F16 scale. */
    private static float scatteredHalf(MemorySegment source, long scales) {
      int bits = 0;
      for (int i = 0; i < 4; i++) {
        bits |= unsignedShort(source, scales + 2 * i) >> 12 << 4 * i;
      }
      return Float.float16ToFloat((short) bits);
    }
  }

  private static void decodePoint(int index, float scale, float delta, float[] target, int to) {
    byte[] grid = IqGrids.IQ1;
    for (int i = 0; i < 8; i++) {
      target[to + i] = scale * (grid[8 * index + i] + delta);
    }
  }
}
