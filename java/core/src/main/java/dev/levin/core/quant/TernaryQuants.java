package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.putByte;
import static dev.levin.core.quant.LittleEndian.putHalf;
import static dev.levin.core.quant.LittleEndian.unsignedByte;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Values of -d, 0 and d, in super-blocks of 256 or, where a whole tensor shares d, in blocks of
 * 128.
 */
final class TernaryQuants {
  private static final int VALUES = 256;

  private TernaryQuants() {}

  /** The digit 0, 1 or 2 of a value that {@code inverse} brings to [-1, 1]. */
  private static int digit(float value, float inverse) {
    return Extremes.roundHalfAway(value * inverse) + 1;
  }

  /**
   * Base-3 digits as the fraction digits / 3^n in 8 bits: multiplying by 3^k modulo 256 brings
   * digit k to the front, and a further multiplication by 3 carries it out of the byte.
   */
  static final class TQ1_0 extends BlockwiseCodec {
    private static final int D = 52;
    private static final int[] POWERS = {1, 3, 9, 27, 81};

    TQ1_0() {
      super(DType.TQ1_0, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at + D);
      decodeRun(source, at, 32, 5, d, target, to);
      decodeRun(source, at + 32, 16, 5, d, target, to + 160);
      decodeRun(source, at + 48, 4, 4, d, target, to + 240);
    }

    /** {@code width} bytes; digit k of byte i is value k * width + i. */
    private static void decodeRun(
        MemorySegment source, long at, int width, int digits, float d, float[] target, int to) {
      for (int k = 0; k < digits; k++) {
        for (int i = 0; i < width; i++) {
          int front = unsignedByte(source, at + i) * POWERS[k] & 0xff;
          target[to + k * width + i] = d * ((front * 3 >> 8) - 1);
        }
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.magnitude(source, from, VALUES);
      float inverse = Extremes.inverse(d);
      encodeRun(source, from, inverse, target, at, 32, 5);
      encodeRun(source, from + 160, inverse, target, at + 32, 16, 5);
      encodeRun(source, from + 240, inverse, target, at + 48, 4, 4);
      putHalf(target, at + D, d);
    }

    private static void encodeRun(
        float[] source,
        int from,
        float inverse,
        MemorySegment target,
        long at,
        int width,
        int digits) {
      for (int i = 0; i < width; i++) {
        int number = 0;
        for (int k = 0; k < digits; k++) {
          number += digit(source[from + k * width + i], inverse) * POWERS[4 - k];
        }
        putByte(target, at + i, (number * 256 + 242) / 243);
      }
    }
  }

  static final class TQ2_0 extends BlockwiseCodec {
    private static final int D = 64;
    private static final int WIDTH = 32;

    TQ2_0() {
      super(DType.TQ2_0, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at + D);
      for (int run = 0; run < VALUES / WIDTH; run++) {
        long bytes = at + run / 4 * WIDTH;
        int shift = run % 4 * 2;
        for (int i = 0; i < WIDTH; i++) {
          int q = unsignedByte(source, bytes + i) >> shift & 3;
          target[to + run * WIDTH + i] = d * (q - 1);
        }
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.magnitude(source, from, VALUES);
      float inverse = Extremes.inverse(d);
      for (int i = 0; i < VALUES / 4; i++) {
        int first = from + i / WIDTH * 4 * WIDTH + i % WIDTH;
        int packed = 0;
        for (int k = 0; k < 4; k++) {
          packed |= digit(source[first + k * WIDTH], inverse) << 2 * k;
        }
        putByte(target, at + i, packed);
      }
      putHalf(target, at + D, d);
    }
  }

  /** Digits without a scale; values are rounded to -1, 0 and 1. */
  static final class I2_S extends BlockwiseCodec {
    private static final int WIDTH = 32;

    I2_S() {
      super(DType.I2_S, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      for (int i = 0; i < WIDTH; i++) {
        int packed = unsignedByte(source, at + i);
        for (int run = 0; run < 4; run++) {
          target[to + run * WIDTH + i] = (packed >> 6 - 2 * run & 3) - 1;
        }
      }
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      for (int i = 0; i < WIDTH; i++) {
        int packed = 0;
        for (int run = 0; run < 4; run++) {
          float value = Math.clamp(source[from + run * WIDTH + i], -1f, 1f);
          packed |= digit(value, 1) << 6 - 2 * run;
        }
        putByte(target, at + i, packed);
      }
    }
  }
}
