package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.putByte;
import static dev.levin.core.quant.LittleEndian.unsignedByte;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * E2M1 values (0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives) under an 8-bit scale: the OCP
 * Microscaling specification's MXFP4 and NVIDIA's NVFP4. Code 8 is negative zero and reads as 0.
 *
 * <p>Values are tabled twice as large and scales halved, so that both stay exact at the ends.
 */
final class Microscaling {
  private static final byte[] DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  /** Between the magnitudes of neighbouring codes. */
  private static final float[] DOUBLED_MIDPOINTS = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};

  private Microscaling() {}

  static final class MXFP4 extends BlockwiseCodec {
    private static final int VALUES = 32;
    private static final int BIAS = 127;

    /** Exponent of 6 = 1.5 * 2^2, the largest E2M1 value. */
    private static final int LARGEST_EXPONENT = 2;

    MXFP4() {
      super(DType.MXFP4, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float halfScale = halfPowerOfTwo(unsignedByte(source, at));
      decodePairs(source, at + 1, halfScale, target, to, VALUES / 2);
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float largest = Extremes.magnitude(source, from, VALUES);
      int exponent =
          largest == 0 ? 0 : Math.max(0, Math.getExponent(largest) - LARGEST_EXPONENT + BIAS);
      putByte(target, at, exponent);
      encodePairs(source, from, halfPowerOfTwo(exponent), target, at + 1, VALUES / 2);
    }

    /** 2^(e - 128), subnormal for the two smallest e. */
    private static float halfPowerOfTwo(int e) {
      return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
    }
  }

  static final class NVFP4 extends BlockwiseCodec {
    private static final int GROUPS = 4;
    private static final int GROUP = 16;

    /** What E4M3 calls NaN; as an unsigned scale it is written by nobody and reads as 0. */
    private static final int NO_SCALE = 0x7f;

    private static final int LARGEST_SCALE = 0x7e;

    NVFP4() {
      super(DType.NVFP4, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      for (int group = 0; group < GROUPS; group++) {
        float halfScale = halfScale(unsignedByte(source, at + group));
        long pairs = at + GROUPS + group * (GROUP / 2);
        decodePairs(source, pairs, halfScale, target, to + group * GROUP, GROUP / 2);
      }
    }

    /** The largest value of each group becomes 6. */
    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      for (int group = 0; group < GROUPS; group++) {
        int first = from + group * GROUP;
        int scale = scaleCode(Extremes.magnitude(source, first, GROUP) / 6);
        putByte(target, at + group, scale);
        long pairs = at + GROUPS + group * (GROUP / 2);
        encodePairs(source, first, halfScale(scale), target, pairs, GROUP / 2);
      }
    }

    private static float halfScale(int code) {
      return code == NO_SCALE ? 0 : 0.5f * SmallFloats.e4m3Magnitude(code & 0x7f);
    }

    /** Rounds halves up and caps at 448, and subnormals at the largest one, as ggml does. */
    private static int scaleCode(float scale) {
      int bits = Float.floatToRawIntBits(scale);
      if ((bits >>> 23) - 127 + 7 <= 0) {
        return Math.min((int) (scale * 512 + 0.5f), 7);
      }
      return Math.min((bits + (1 << 19) >>> 20) - (127 - 7 << 3), LARGEST_SCALE);
    }
  }

  /** Low nibbles are the first {@code pairs} values, high nibbles the second. */
  private static void decodePairs(
      MemorySegment source, long at, float halfScale, float[] target, int to, int pairs) {
    for (int i = 0; i < pairs; i++) {
      int pair = unsignedByte(source, at + i);
      target[to + i] = halfScale * DOUBLED[pair & 15];
      target[to + i + pairs] = halfScale * DOUBLED[pair >> 4];
    }
  }

  private static void encodePairs(
      float[] source, int from, float halfScale, MemorySegment target, long at, int pairs) {
    for (int i = 0; i < pairs; i++) {
      int low = nearest(source[from + i], halfScale);
      int high = nearest(source[from + i + pairs], halfScale);
      putByte(target, at + i, low | high << 4);
    }
  }

  /**
   * The code whose value is nearest; of two as near, the one of smaller magnitude. Midpoints times
   * a scale of at most four significant bits are exact, so these comparisons choose as the least
   * error does.
   */
  private static int nearest(float value, float halfScale) {
    if (halfScale == 0) {
      return 0;
    }
    float magnitude = Math.abs(value);
    int code = 0;
    for (float midpoint : DOUBLED_MIDPOINTS) {
      code += magnitude > halfScale * midpoint ? 1 : 0;
    }
    return value < 0 && code != 0 ? code | 8 : code;
  }
}
