package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.core.quant.IqGrids;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Unpacks IQ1, IQ2 and IQ3 blocks to {@link Codes}. The eight bytes of a point, or the four of half
 * a one, are looked up, negated and written as one word.
 *
 * <p>All methods have one signature: {@code count} values from byte {@code at} on go to the codes
 * from {@code to} on, their scales to where the values' groups are.
 */
final class GridCodes {
  private static final int BLOCK = 256;
  private static final int POINT = 8;
  private static final int POINTS = BLOCK / POINT;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long[] IQ2_XXS = eights(DType.IQ2_XXS);
  private static final long[] IQ2_XS = eights(DType.IQ2_XS);
  private static final long[] IQ2_S = eights(DType.IQ2_S);
  private static final int[] IQ3_XXS = fours(DType.IQ3_XXS);
  private static final int[] IQ3_S = fours(DType.IQ3_S);
  private static final int IQ1_POINTS = 2048;

  /** Eight times the points of IQ1 plus one, then eight times the points minus one. */
  private static final long[] IQ1 = shiftedTernary();

  /** A byte of ones for each bit. */
  private static final long[] NEGATIVE = new long[256];

  static {
    for (int signs = 0; signs < 256; signs++) {
      for (int i = 0; i < POINT; i++) {
        NEGATIVE[signs] |= (signs >> i & 1) * 0xffL << 8 * i;
      }
    }
  }

  private GridCodes() {}

  private static long[] eights(DType dtype) {
    byte[] grid = IqGrids.of(dtype);
    long[] points = new long[grid.length / 8];
    for (int p = 0; p < points.length; p++) {
      points[p] = (long) LONG.get(grid, 8 * p);
    }
    return points;
  }

  private static int[] fours(DType dtype) {
    byte[] grid = IqGrids.of(dtype);
    int[] points = new int[grid.length / 4];
    for (int i = 0; i < grid.length; i++) {
      points[i / 4] |= grid[i] << i % 4 * 8;
    }
    return points;
  }

  private static long[] shiftedTernary() {
    byte[] grid = IqGrids.of(DType.IQ1_S);
    long[] points = new long[2 * IQ1_POINTS];
    for (int i = 0; i < grid.length; i++) {
      points[i / 8] |= (8 * grid[i] + 1 & 0xffL) << i % 8 * 8;
      points[IQ1_POINTS + i / 8] |= (8 * grid[i] - 1 & 0xffL) << i % 8 * 8;
    }
    return points;
  }

  /** Magnitudes are never 0, so no byte's negation carries into the next. */
  private static void put(Codes c, int to, long magnitudes, int signs) {
    long negative = NEGATIVE[signs];
    long codes = (magnitudes ^ negative) + (negative & 0x0101010101010101L);
    LONG.set(c.bytes, to, codes);
  }

  private static int withParity(int sevenSigns) {
    return sevenSigns | (Integer.bitCount(sevenSigns) & 1) << 7;
  }

  private static long join(int low, int high) {
    return low | (long) high << 32;
  }

  private static float iq2Scale(float d, int fourBits) {
    return d * (0.5f + fourBits) * 0.25f;
  }

  static void iq2Xxs(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ2_XXS.blockBytes();
      float d = Widen.half(source, block);
      int first = to + b * BLOCK;
      for (int group = 0; group < 8; group++) {
        long packed = Widen.doubleWord(source, block + 2 + 8 * group);
        int word = (int) (packed >>> 32);
        c.scales[first / 32 + group] = iq2Scale(d, word >>> 28);
        for (int i = 0; i < 4; i++) {
          long point = IQ2_XXS[(int) packed >>> 8 * i & 255];
          put(c, first + 32 * group + POINT * i, point, withParity(word >>> 7 * i & 127));
        }
      }
    }
  }

  /** Scales of IQ2_XS and IQ2_S: a nibble for every 16 values. */
  private static void iq2Scales(float d, long nibbles, Codes c, int group) {
    for (int g = 0; g < 16; g++) {
      c.scales[group + g] = iq2Scale(d, (int) (nibbles >>> 4 * g) & 15);
    }
  }

  static void iq2Xs(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ2_XS.blockBytes();
      int first = to + b * BLOCK;
      iq2Scales(Widen.half(source, block), Widen.doubleWord(source, block + 66), c, first / 16);
      for (int p = 0; p < POINTS; p++) {
        int word = Widen.unsignedShort(source, block + 2 + 2 * p);
        put(c, first + POINT * p, IQ2_XS[word & 511], withParity(word >> 9));
      }
    }
  }

  static void iq2S(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ2_S.blockBytes();
      int first = to + b * BLOCK;
      iq2Scales(Widen.half(source, block), Widen.doubleWord(source, block + 74), c, first / 16);
      long high = Widen.doubleWord(source, block + 66);
      for (int p = 0; p < POINTS; p++) {
        int upper = (int) (high >>> 2 * p) & 3;
        int index = Widen.unsignedByte(source, block + 2 + p) | upper << 8;
        put(c, first + POINT * p, IQ2_S[index], Widen.unsignedByte(source, block + 34 + p));
      }
    }
  }

  static void iq3Xxs(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ3_XXS.blockBytes();
      float d = Widen.half(source, block);
      int first = to + b * BLOCK;
      for (int group = 0; group < 8; group++) {
        long indices = Widen.doubleWord(source, block + 2 + 8 * group);
        int word = Widen.word(source, block + 66 + 4 * group);
        c.scales[first / 32 + group] = d * (0.5f + (word >>> 28)) * 0.5f;
        for (int i = 0; i < 4; i++) {
          int pair = (int) (indices >>> 16 * i);
          long point = join(IQ3_XXS[pair & 255], IQ3_XXS[pair >>> 8 & 255]);
          put(c, first + 32 * group + POINT * i, point, withParity(word >>> 7 * i & 127));
        }
      }
    }
  }

  static void iq3S(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ3_S.blockBytes();
      float d = Widen.half(source, block);
      int scales = Widen.word(source, block + 106);
      long high = Widen.doubleWord(source, block + 66);
      int first = to + b * BLOCK;
      for (int group = 0; group < 8; group++) {
        c.scales[first / 32 + group] = d * (1 + 2 * (scales >>> 4 * group & 15));
        long indices = Widen.doubleWord(source, block + 2 + 8 * group);
        int signs = Widen.word(source, block + 74 + 4 * group);
        int ninths = (int) (high >>> 8 * group);
        for (int i = 0; i < 4; i++) {
          int pair = (int) (indices >>> 16 * i);
          int even = pair & 255 | (ninths >>> 2 * i & 1) << 8;
          int odd = pair >>> 8 & 255 | (ninths >>> 2 * i + 1 & 1) << 8;
          long point = join(IQ3_S[even], IQ3_S[odd]);
          put(c, first + 32 * group + POINT * i, point, signs >>> 8 * i & 255);
        }
      }
    }
  }

  /** Points of IQ1 are shifted by an eighth up or down: codes count eighths. */
  static void iq1S(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ1_S.blockBytes();
      float d = Widen.half(source, block);
      int first = to + b * BLOCK;
      for (int group = 0; group < 8; group++) {
        int word = Widen.unsignedShort(source, block + 34 + 2 * group);
        int low = Widen.word(source, block + 2 + 4 * group);
        int table = (word >>> 15) * IQ1_POINTS;
        c.scales[first / 32 + group] = d * (2 * (word >> 12 & 7) + 1) * 0.125f;
        for (int i = 0; i < 4; i++) {
          int index = low >>> 8 * i & 255 | (word >>> 3 * i & 7) << 8;
          LONG.set(c.bytes, first + 32 * group + POINT * i, IQ1[table + index]);
        }
      }
    }
  }

  /** The top nibbles of the four words of scales spell the F16 scale. */
  static void iq1M(MemorySegment source, long at, int count, Codes c, int to) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * (long) DType.IQ1_M.blockBytes();
      long scales = Widen.doubleWord(source, block + 48);
      long nibbles = scales >>> 12 & 15 | scales >>> 24 & 0xf0 | scales >>> 36 & 0xf00;
      float d = KQuantScales.half(nibbles | scales >>> 48 & 0xf000);
      int first = to + b * BLOCK;
      for (int group = 0; group < 16; group++) {
        int threeBits = (int) (scales >>> group / 4 * 16 + group % 4 * 3) & 7;
        c.scales[first / 16 + group] = d * (2 * threeBits + 1) * 0.125f;
        int low = Widen.unsignedShort(source, block + 2 * group);
        int high = Widen.unsignedByte(source, block + 32 + group);
        for (int i = 0; i < 2; i++) {
          int nibble = high >> 4 * i;
          int index = low >>> 8 * i & 255 | (nibble & 7) << 8;
          int table = (nibble >> 3 & 1) * IQ1_POINTS;
          LONG.set(c.bytes, first + 16 * group + POINT * i, IQ1[table + index]);
        }
      }
    }
  }
}
