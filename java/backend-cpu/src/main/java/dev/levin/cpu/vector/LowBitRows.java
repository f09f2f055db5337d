package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.INTS;
import static dev.levin.cpu.vector.Lanes.load;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Rows of Q2_K, Q3_K, TQ1_0, TQ2_0 and I2_S blocks; see {@link PairDots} for the products. */
final class LowBitRows {
  private static final int BLOCK = 256;
  private static final int HALF = BLOCK / 2;
  private static final int GROUP = 16;
  private static final long Q2_K_BYTES = DType.Q2_K.blockBytes();
  private static final long Q3_K_BYTES = DType.Q3_K.blockBytes();
  private static final long TQ1_0_BYTES = DType.TQ1_0.blockBytes();
  private static final long TQ2_0_BYTES = DType.TQ2_0.blockBytes();
  private static final int Q2_K_QS = 16;
  private static final int Q2_K_D = 80;
  private static final int Q3_K_QS = 32;
  private static final int Q3_K_SCALES = 96;
  private static final int TQ1_0_D = 52;
  private static final int TQ2_0_D = 64;
  private static final int I2_S_BLOCK = DType.I2_S.blockValues();
  private static final long I2_S_BYTES = DType.I2_S.blockBytes();

  private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

  /** Where lane i of the last 16 values of TQ1_0 has its byte and its digit. */
  private static final IntVector TAIL_SHIFTS = Lanes.iota().and(3).mul(8);

  private static final IntVector TAIL_POWERS =
      IntVector.fromArray(INTS, new int[] {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27}, 0);

  private LowBitRows() {}

  /** Codes [i, i + lanes) of a half block, whose four groups of 32 share 32 bytes. */
  private static ByteVector twoBits(MemorySegment source, long qs, int half, int i) {
    return Widen.shiftedBytes(source, qs + half * 32 + i % 32, i / 32 * 2, 3);
  }

  /** The F16s of scale and minimum share a word, and the integers that multiply them a byte. */
  private static FloatVector q2(
      MemorySegment source, long block, int half, int i, int d, long scales) {
    int packed = KQuantScales.at(scales, i / GROUP);
    float scale = KQuantScales.half(d) * (packed & 15);
    float min = -KQuantScales.half(d >>> 16) * (packed >> 4);
    return Widen.codes(twoBits(source, block + Q2_K_QS, half, i))
        .fma(FloatVector.broadcast(Lanes.FLOATS, scale), FloatVector.broadcast(Lanes.FLOATS, min));
  }

  static void dotQ2(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q2_K_BYTES;
      long block1 = w1 + b * Q2_K_BYTES;
      int d0 = Widen.word(w, block0 + Q2_K_D);
      int d1 = Widen.word(w, block1 + Q2_K_D);
      for (int half = 0; half < 2; half++) {
        long scales0 = Widen.doubleWord(w, block0 + 8 * half);
        long scales1 = Widen.doubleWord(w, block1 + 8 * half);
        int at = xAt + b * BLOCK + half * HALF;
        for (int i = 0; i < HALF; i += COUNT) {
          FloatVector v = load(x, at + i);
          sum0 = q2(w, block0, half, i, d0, scales0).fma(v, sum0);
          sum1 = q2(w, block1, half, i, d1, scales1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ2(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q2_K_BYTES;
      int d = Widen.word(source, block + Q2_K_D);
      for (int half = 0; half < 2; half++) {
        long scales = Widen.doubleWord(source, block + 8 * half);
        int first = to + b * BLOCK + half * HALF;
        for (int i = 0; i < HALF; i += COUNT) {
          q2(source, block, half, i, d, scales).intoArray(target, first + i);
        }
      }
    }
  }

  private static FloatVector q3(
      MemorySegment source, long block, int half, int i, float d, long scales) {
    ByteVector low = twoBits(source, block + Q3_K_QS, half, i);
    ByteVector high = Widen.rotatedBytes(source, block + i % 32, 2 - half * 4 - i / 32, 4);
    float scale = d * (KQuantScales.at(scales, i / GROUP) - 32);
    return Widen.codes(low.or(high), 4).mul(scale);
  }

  static void dotQ3(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q3_K_BYTES;
      long block1 = w1 + b * Q3_K_BYTES;
      long nibbles0 = Widen.doubleWord(w, block0 + Q3_K_SCALES);
      long nibbles1 = Widen.doubleWord(w, block1 + Q3_K_SCALES);
      long end0 = Widen.doubleWord(w, block0 + Q3_K_BYTES - 8);
      long end1 = Widen.doubleWord(w, block1 + Q3_K_BYTES - 8);
      float d0 = KQuantScales.half(end0 >>> 48);
      float d1 = KQuantScales.half(end1 >>> 48);
      for (int half = 0; half < 2; half++) {
        long scales0 = KQuantScales.q3(nibbles0, (int) (end0 >>> 16), half);
        long scales1 = KQuantScales.q3(nibbles1, (int) (end1 >>> 16), half);
        int at = xAt + b * BLOCK + half * HALF;
        for (int i = 0; i < HALF; i += COUNT) {
          FloatVector v = load(x, at + i);
          sum0 = q3(w, block0, half, i, d0, scales0).fma(v, sum0);
          sum1 = q3(w, block1, half, i, d1, scales1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ3(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q3_K_BYTES;
      long nibbles = Widen.doubleWord(source, block + Q3_K_SCALES);
      long end = Widen.doubleWord(source, block + Q3_K_BYTES - 8);
      float d = KQuantScales.half(end >>> 48);
      for (int half = 0; half < 2; half++) {
        long scales = KQuantScales.q3(nibbles, (int) (end >>> 16), half);
        int first = to + b * BLOCK + half * HALF;
        for (int i = 0; i < HALF; i += COUNT) {
          q3(source, block, half, i, d, scales).intoArray(target, first + i);
        }
      }
    }
  }

  private static FloatVector tq2(MemorySegment source, long block, int run, int i, float d) {
    ByteVector digits = Widen.shiftedBytes(source, block + run / 4 * 32 + i, run % 4 * 2, 3);
    return Widen.codes(digits, 1).mul(d);
  }

  static void dotTq2(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * TQ2_0_BYTES;
      long block1 = w1 + b * TQ2_0_BYTES;
      float d0 = Widen.half(w, block0 + TQ2_0_D);
      float d1 = Widen.half(w, block1 + TQ2_0_D);
      for (int run = 0; run < 8; run++) {
        for (int i = 0; i < 32; i += COUNT) {
          FloatVector v = load(x, xAt + b * BLOCK + run * 32 + i);
          sum0 = tq2(w, block0, run, i, d0).fma(v, sum0);
          sum1 = tq2(w, block1, run, i, d1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeTq2(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * TQ2_0_BYTES;
      float d = Widen.half(source, block + TQ2_0_D);
      for (int run = 0; run < 8; run++) {
        int first = to + b * BLOCK + run * 32;
        for (int i = 0; i < 32; i += COUNT) {
          tq2(source, block, run, i, d).intoArray(target, first + i);
        }
      }
    }
  }

  private static FloatVector i2s(MemorySegment source, long block, int run, int i) {
    return Widen.codes(Widen.shiftedBytes(source, block + i, 6 - run * 2, 3), 1);
  }

  static void dotI2s(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / I2_S_BLOCK;
    for (int b = 0; b < blocks; b++) {
      long bytes = b * I2_S_BYTES;
      for (int run = 0; run < 4; run++) {
        for (int i = 0; i < 32; i += COUNT) {
          FloatVector v = load(x, xAt + b * I2_S_BLOCK + run * 32 + i);
          sum0 = i2s(w, w0 + bytes, run, i).fma(v, sum0);
          sum1 = i2s(w, w1 + bytes, run, i).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeI2s(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / I2_S_BLOCK; b++) {
      for (int run = 0; run < 4; run++) {
        int first = to + b * I2_S_BLOCK + run * 32;
        for (int i = 0; i < 32; i += COUNT) {
          i2s(source, at + b * I2_S_BYTES, run, i).intoArray(target, first + i);
        }
      }
    }
  }

  /** Multiplying by a power of 3 modulo 256 brings a digit to the front, by 3 once more out. */
  private static FloatVector digits(IntVector shifted, float d) {
    IntVector digit = shifted.and(255).mul(3).lanewise(VectorOperators.LSHR, 8);
    return Widen.scaled(digit.sub(1), d);
  }

  private static FloatVector tq1(MemorySegment source, long at, int power, float d) {
    return digits(Widen.unsignedBytes(source, at).mul(power), d);
  }

  /** Values 240 + [i, i + lanes): four digits of four bytes. */
  private static FloatVector tq1Tail(MemorySegment source, long block, int i, float d) {
    IntVector bytes =
        IntVector.broadcast(INTS, Widen.word(source, block + 48))
            .lanewise(VectorOperators.LSHR, TAIL_SHIFTS)
            .and(255);
    return digits(bytes.mul(TAIL_POWERS).mul(POWERS_OF_3[i / 4]), d);
  }

  /** One row after the other: the code for two at once is more than the compiler inlines. */
  static void dotTq1(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    out[o0] = dotTq1(w, w0, x, xAt, k);
    out[o1] = dotTq1(w, w1, x, xAt, k);
  }

  private static float dotTq1(MemorySegment w, long w0, float[] x, int xAt, int k) {
    FloatVector sum = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block = w0 + b * TQ1_0_BYTES;
      float d = Widen.half(w, block + TQ1_0_D);
      int at = xAt + b * BLOCK;
      for (int j = 0; j < 240; j += COUNT) {
        int power = POWERS_OF_3[j < 160 ? j / 32 : j / 16 - 10];
        int byteAt = j < 160 ? j % 32 : 32 + j % 16;
        sum = tq1(w, block + byteAt, power, d).fma(load(x, at + j), sum);
      }
      for (int i = 0; i < 16; i += COUNT) {
        sum = tq1Tail(w, block, i, d).fma(load(x, at + 240 + i), sum);
      }
    }
    return Lanes.sum(sum);
  }

  static void decodeTq1(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * TQ1_0_BYTES;
      float d = Widen.half(source, block + TQ1_0_D);
      int first = to + b * BLOCK;
      for (int j = 0; j < 240; j += COUNT) {
        int power = POWERS_OF_3[j < 160 ? j / 32 : j / 16 - 10];
        int byteAt = j < 160 ? j % 32 : 32 + j % 16;
        tq1(source, block + byteAt, power, d).intoArray(target, first + j);
      }
      for (int i = 0; i < 16; i += COUNT) {
        tq1Tail(source, block, i, d).intoArray(target, first + 240 + i);
      }
    }
  }
}
