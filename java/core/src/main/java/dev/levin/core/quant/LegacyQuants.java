package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.putByte;
import static dev.levin.core.quant.LittleEndian.putHalf;
import static dev.levin.core.quant.LittleEndian.unsignedByte;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * The 4- and 5-bit formats with one scale per 32 values. Value i shares a byte with value i + 16;
 * fifth bits are gathered in one word, value i at bit i.
 */
final class LegacyQuants {
  private static final int HALF_BLOCK = 16;

  private LegacyQuants() {}

  static final class Q4_0 extends WeighableCodec {
    private static final int QS = 2;

    Q4_0() {
      super(DType.Q4_0);
    }

    @Override
    BlockEncoder newEncoder() {
      return new LegacyEncoders.Symmetric(DType.Q4_0);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int pair = unsignedByte(source, at + QS + i);
        target[to + i] = d * ((pair & 15) - 8);
        target[to + i + HALF_BLOCK] = d * ((pair >> 4) - 8);
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.signed(source, from, 2 * HALF_BLOCK) / -8;
      float inverse = Extremes.inverse(d);
      putHalf(target, at, d);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int low = symmetric(source[from + i], inverse, 8.5, 15);
        int high = symmetric(source[from + i + HALF_BLOCK], inverse, 8.5, 15);
        putByte(target, at + QS + i, low | high << 4);
      }
    }
  }

  static final class Q4_1 extends WeighableCodec {
    private static final int QS = 4;

    Q4_1() {
      super(DType.Q4_1);
    }

    @Override
    BlockEncoder newEncoder() {
      return new LegacyEncoders.Affine(DType.Q4_1);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      float m = half(source, at + 2);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int pair = unsignedByte(source, at + QS + i);
        target[to + i] = d * (pair & 15) + m;
        target[to + i + HALF_BLOCK] = d * (pair >> 4) + m;
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float min = min(source, from);
      float d = (max(source, from) - min) / 15;
      float inverse = Extremes.inverse(d);
      putHalf(target, at, d);
      putHalf(target, at + 2, min);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int low = offset(source[from + i], min, inverse, 15);
        int high = offset(source[from + i + HALF_BLOCK], min, inverse, 15);
        putByte(target, at + QS + i, low | high << 4);
      }
    }
  }

  static final class Q5_0 extends WeighableCodec {
    private static final int QH = 2;
    private static final int QS = 6;

    Q5_0() {
      super(DType.Q5_0);
    }

    @Override
    BlockEncoder newEncoder() {
      return new LegacyEncoders.Symmetric(DType.Q5_0);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      int fifths = source.get(LittleEndian.INT, at + QH);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int pair = unsignedByte(source, at + QS + i);
        target[to + i] = d * (lowValue(pair, fifths, i) - 16);
        target[to + i + HALF_BLOCK] = d * (highValue(pair, fifths, i) - 16);
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.signed(source, from, 2 * HALF_BLOCK) / -16;
      float inverse = Extremes.inverse(d);
      putHalf(target, at, d);
      int fifths = 0;
      for (int i = 0; i < HALF_BLOCK; i++) {
        int low = symmetric(source[from + i], inverse, 16.5, 31);
        int high = symmetric(source[from + i + HALF_BLOCK], inverse, 16.5, 31);
        putByte(target, at + QS + i, low & 15 | high << 4);
        fifths |= fifthBits(low, high, i);
      }
      target.set(LittleEndian.INT, at + QH, fifths);
    }
  }

  static final class Q5_1 extends WeighableCodec {
    private static final int QH = 4;
    private static final int QS = 8;

    Q5_1() {
      super(DType.Q5_1);
    }

    @Override
    BlockEncoder newEncoder() {
      return new LegacyEncoders.Affine(DType.Q5_1);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      float m = half(source, at + 2);
      int fifths = source.get(LittleEndian.INT, at + QH);
      for (int i = 0; i < HALF_BLOCK; i++) {
        int pair = unsignedByte(source, at + QS + i);
        target[to + i] = d * lowValue(pair, fifths, i) + m;
        target[to + i + HALF_BLOCK] = d * highValue(pair, fifths, i) + m;
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float min = min(source, from);
      float d = (max(source, from) - min) / 31;
      float inverse = Extremes.inverse(d);
      putHalf(target, at, d);
      putHalf(target, at + 2, min);
      int fifths = 0;
      for (int i = 0; i < HALF_BLOCK; i++) {
        int low = offset(source[from + i], min, inverse, 31);
        int high = offset(source[from + i + HALF_BLOCK], min, inverse, 31);
        putByte(target, at + QS + i, low & 15 | high << 4);
        fifths |= fifthBits(low, high, i);
      }
      target.set(LittleEndian.INT, at + QH, fifths);
    }
  }

  private static int lowValue(int pair, int fifths, int i) {
    return pair & 15 | (fifths >>> i & 1) << 4;
  }

  private static int highValue(int pair, int fifths, int i) {
    return pair >> 4 | (fifths >>> i + HALF_BLOCK & 1) << 4;
  }

  private static int fifthBits(int low, int high, int i) {
    return low >> 4 << i | high >> 4 << i + HALF_BLOCK;
  }

  /**
   * Quantises around a zero point. The reference fuses multiply and add, which float64 followed by
   * one rounding to float32 reproduces: the product is exact in it.
   */
  private static int symmetric(float value, float inverse, double zeroAndHalf, int largest) {
    int rounded = (int) (float) ((double) value * inverse + zeroAndHalf);
    return Math.clamp(rounded, 0, largest);
  }

  private static int offset(float value, float min, float inverse, int largest) {
    return Math.clamp((int) ((value - min) * inverse + 0.5f), 0, largest);
  }

  /** Of zeros of both signs the first, which {@link Math#min} would not give. */
  private static float min(float[] values, int from) {
    float min = values[from];
    for (int i = from + 1; i < from + 2 * HALF_BLOCK; i++) {
      min = values[i] < min ? values[i] : min;
    }
    return min;
  }

  private static float max(float[] values, int from) {
    float max = values[from];
    for (int i = from + 1; i < from + 2 * HALF_BLOCK; i++) {
      max = values[i] > max ? values[i] : max;
    }
    return max;
  }
}
