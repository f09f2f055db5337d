package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.INTS;
import static dev.levin.cpu.vector.Lanes.load;

import dev.levin.core.DType;
import dev.levin.core.quant.SmallFloats;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** Rows of blocks whose codes choose one of 16 levels; see {@link PairDots} for the products. */
final class CodebookRows {
  private static final int GROUP = 32;
  private static final int HALF = GROUP / 2;
  private static final int IQ4_XS_BLOCK = 256;
  private static final int NVFP4_BLOCK = 64;
  private static final long IQ4_NL_BYTES = DType.IQ4_NL.blockBytes();
  private static final long IQ4_XS_BYTES = DType.IQ4_XS.blockBytes();
  private static final long MXFP4_BYTES = DType.MXFP4.blockBytes();
  private static final long NVFP4_BYTES = DType.NVFP4.blockBytes();

  private static final Levels IQ4 =
      Levels.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

  /** Twice the E2M1 values, so that they are integers; scales are halved instead. */
  private static final Levels E2M1 =
      Levels.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

  /** Half the UE4M3 scales; the code that E4M3 has for NaN reads as 0, bit 7 is ignored. */
  static final float[] HALF_SCALES = new float[256];

  /** Brings the nibbles of eight bytes in front of the bytes, low ones in the first half. */
  private static final LongVector HIGH_NIBBLES =
      LongVector.fromArray(LongVector.SPECIES_128, new long[] {0, 4}, 0);

  static {
    for (int code = 0; code < 256; code++) {
      float scale = SmallFloats.e4m3ToFloat((byte) (code & 0x7f));
      HALF_SCALES[code] = Float.isNaN(scale) ? 0 : 0.5f * scale;
    }
  }

  private CodebookRows() {}

  private static FloatVector level(
      Levels levels, MemorySegment source, long at, int shift, IntVector scaled) {
    IntVector pairs = Widen.unsignedBytes(source, at);
    return levels.of(pairs.lanewise(VectorOperators.LSHR, shift), scaled);
  }

  static void dotIq4Nl(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / GROUP;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * IQ4_NL_BYTES;
      long block1 = w1 + b * IQ4_NL_BYTES;
      IntVector d0 = IQ4.scaled(Widen.half(w, block0));
      IntVector d1 = IQ4.scaled(Widen.half(w, block1));
      int at = xAt + b * GROUP;
      for (int i = 0; i < GROUP; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = level(IQ4, w, block0 + 2 + i % HALF, i / HALF * 4, d0).fma(v, sum0);
        sum1 = level(IQ4, w, block1 + 2 + i % HALF, i / HALF * 4, d1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  private static void decodeGroup(
      Levels levels, MemorySegment source, long at, float scale, float[] target, int to) {
    IntVector scaled = levels.scaled(scale);
    for (int i = 0; i < GROUP; i += COUNT) {
      level(levels, source, at + i % HALF, i / HALF * 4, scaled).intoArray(target, to + i);
    }
  }

  static void decodeIq4Nl(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / GROUP; b++) {
      long block = at + b * IQ4_NL_BYTES;
      decodeGroup(IQ4, source, block + 2, Widen.half(source, block), target, to + b * GROUP);
    }
  }

  /** The scales of IQ4_XS, 32 too large: eight nibbles, and eight pairs of high bits. */
  private static int sixBits(int nibbles, int pairs, int group) {
    return nibbles >>> 4 * group & 15 | (pairs >>> 2 * group & 3) << 4;
  }

  static void dotIq4Xs(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / IQ4_XS_BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * IQ4_XS_BYTES;
      long block1 = w1 + b * IQ4_XS_BYTES;
      float d0 = Widen.half(w, block0);
      float d1 = Widen.half(w, block1);
      int high0 = Widen.unsignedShort(w, block0 + 2);
      int high1 = Widen.unsignedShort(w, block1 + 2);
      int low0 = Widen.word(w, block0 + 4);
      int low1 = Widen.word(w, block1 + 4);
      for (int group = 0; group < 8; group++) {
        IntVector scale0 = IQ4.scaled(d0 * (sixBits(low0, high0, group) - 32));
        IntVector scale1 = IQ4.scaled(d1 * (sixBits(low1, high1, group) - 32));
        int at = xAt + b * IQ4_XS_BLOCK + group * GROUP;
        int qs = 8 + group * HALF;
        for (int i = 0; i < GROUP; i += COUNT) {
          FloatVector v = load(x, at + i);
          sum0 = level(IQ4, w, block0 + qs + i % HALF, i / HALF * 4, scale0).fma(v, sum0);
          sum1 = level(IQ4, w, block1 + qs + i % HALF, i / HALF * 4, scale1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeIq4Xs(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / IQ4_XS_BLOCK; b++) {
      long block = at + b * IQ4_XS_BYTES;
      float d = Widen.half(source, block);
      int high = Widen.unsignedShort(source, block + 2);
      int low = Widen.word(source, block + 4);
      for (int group = 0; group < 8; group++) {
        float scale = d * (sixBits(low, high, group) - 32);
        int first = to + b * IQ4_XS_BLOCK + group * GROUP;
        decodeGroup(IQ4, source, block + 8 + group * HALF, scale, target, first);
      }
    }
  }

  /** 2^(e - 128), subnormal for the two smallest e. */
  static float halfPowerOfTwo(int e) {
    return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
  }

  static void dotMxfp4(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / GROUP;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * MXFP4_BYTES;
      long block1 = w1 + b * MXFP4_BYTES;
      IntVector d0 = E2M1.scaled(halfPowerOfTwo(Widen.unsignedByte(w, block0)));
      IntVector d1 = E2M1.scaled(halfPowerOfTwo(Widen.unsignedByte(w, block1)));
      int at = xAt + b * GROUP;
      for (int i = 0; i < GROUP; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = level(E2M1, w, block0 + 1 + i % HALF, i / HALF * 4, d0).fma(v, sum0);
        sum1 = level(E2M1, w, block1 + 1 + i % HALF, i / HALF * 4, d1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeMxfp4(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / GROUP; b++) {
      long block = at + b * MXFP4_BYTES;
      float d = halfPowerOfTwo(Widen.unsignedByte(source, block));
      decodeGroup(E2M1, source, block + 1, d, target, to + b * GROUP);
    }
  }

  /** Values [i, i + lanes) of 16 in eight bytes: low nibbles first, then high ones. */
  private static FloatVector nvfp4(MemorySegment source, long at, int i, float scale) {
    if (COUNT == 16) {
      LongVector twice =
          LongVector.broadcast(LongVector.SPECIES_128, Widen.doubleWord(source, at))
              .lanewise(VectorOperators.LSHR, HIGH_NIBBLES);
      IntVector codes =
          (IntVector)
              twice.reinterpretAsBytes().convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
      return E2M1.of(codes).mul(scale);
    }
    return level(E2M1, source, at + i % 8, i / 8 * 4, E2M1.scaled(scale));
  }

  static void dotNvfp4(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / NVFP4_BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * NVFP4_BYTES;
      long block1 = w1 + b * NVFP4_BYTES;
      for (int group = 0; group < 4; group++) {
        float d0 = HALF_SCALES[Widen.unsignedByte(w, block0 + group)];
        float d1 = HALF_SCALES[Widen.unsignedByte(w, block1 + group)];
        int qs = 4 + group * 8;
        for (int i = 0; i < HALF; i += COUNT) {
          FloatVector v = load(x, xAt + b * NVFP4_BLOCK + group * HALF + i);
          sum0 = nvfp4(w, block0 + qs, i, d0).fma(v, sum0);
          sum1 = nvfp4(w, block1 + qs, i, d1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeNvfp4(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / NVFP4_BLOCK; b++) {
      long block = at + b * NVFP4_BYTES;
      for (int group = 0; group < 4; group++) {
        float d = HALF_SCALES[Widen.unsignedByte(source, block + group)];
        int first = to + b * NVFP4_BLOCK + group * HALF;
        for (int i = 0; i < HALF; i += COUNT) {
          nvfp4(source, block + 4 + group * 8, i, d).intoArray(target, first + i);
        }
      }
    }
  }
}
