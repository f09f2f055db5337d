package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.load;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Rows of Q4_K, Q5_K and Q6_K blocks; see {@link PairDots} for the products. */
final class KQuantRows {
  private static final int BLOCK = 256;
  private static final int GROUP = 32;
  private static final long Q4_K_BYTES = DType.Q4_K.blockBytes();
  private static final long Q5_K_BYTES = DType.Q5_K.blockBytes();
  private static final long Q6_K_BYTES = DType.Q6_K.blockBytes();

  private static final int Q4_K_QS = 16;
  private static final int Q5_K_QH = 16;
  private static final int Q5_K_QS = 48;
  private static final int Q6_K_QH = 128;
  private static final int Q6_K_SCALES = 192;
  private static final int Q6_K_D = 208;

  private static final int NIBBLE = 15;

  private KQuantRows() {}

  private static FloatVector q4(
      MemorySegment source, long at, int shift, IntVector table, float scale, float min) {
    IntVector pairs = Widen.unsignedBytes(source, at);
    IntVector codes = pairs.lanewise(VectorOperators.LSHR, shift);
    return Levels.affine(codes, table, scale, min);
  }

  static void dotQ4(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q4_K_BYTES;
      long block1 = w1 + b * Q4_K_BYTES;
      long first0 = Widen.doubleWord(w, block0);
      long second0 = Widen.doubleWord(w, block0 + 8);
      float d0 = KQuantScales.half(first0);
      long first1 = Widen.doubleWord(w, block1);
      long second1 = Widen.doubleWord(w, block1 + 8);
      float d1 = KQuantScales.half(first1);
      float m0 = -KQuantScales.half(first0 >>> 16);
      float m1 = -KQuantScales.half(first1 >>> 16);
      long scales0 = KQuantScales.scales(first0, second0);
      long scales1 = KQuantScales.scales(first1, second1);
      long mins0 = KQuantScales.mins(second0);
      long mins1 = KQuantScales.mins(second1);
      for (int group = 0; group < 8; group++) {
        float scale0 = d0 * KQuantScales.at(scales0, group);
        float scale1 = d1 * KQuantScales.at(scales1, group);
        float min0 = m0 * KQuantScales.at(mins0, group);
        IntVector table0 = Levels.affine(scale0, min0);
        float min1 = m1 * KQuantScales.at(mins1, group);
        IntVector table1 = Levels.affine(scale1, min1);
        long at = Q4_K_QS + group / 2 * GROUP;
        int shift = group % 2 * 4;
        for (int i = 0; i < GROUP; i += COUNT) {
          FloatVector v = load(x, xAt + b * BLOCK + group * GROUP + i);
          sum0 = q4(w, block0 + at + i, shift, table0, scale0, min0).fma(v, sum0);
          sum1 = q4(w, block1 + at + i, shift, table1, scale1, min1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ4(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q4_K_BYTES;
      long header = Widen.doubleWord(source, block);
      long second = Widen.doubleWord(source, block + 8);
      float d = KQuantScales.half(header);
      float m = -KQuantScales.half(header >>> 16);
      long scales = KQuantScales.scales(header, second);
      long mins = KQuantScales.mins(second);
      for (int group = 0; group < 8; group++) {
        float scale = d * KQuantScales.at(scales, group);
        float min = m * KQuantScales.at(mins, group);
        IntVector table = Levels.affine(scale, min);
        long qs = block + Q4_K_QS + group / 2 * GROUP;
        int first = to + b * BLOCK + group * GROUP;
        for (int i = 0; i < GROUP; i += COUNT) {
          q4(source, qs + i, group % 2 * 4, table, scale, min).intoArray(target, first + i);
        }
      }
    }
  }

  private static FloatVector q5(
      MemorySegment source, long block, int group, int i, float scale, float min) {
    long qs = block + Q5_K_QS + group / 2 * GROUP + i;
    ByteVector low = Widen.shiftedBytes(source, qs, group % 2 * 4, NIBBLE);
    ByteVector high = Widen.rotatedBytes(source, block + Q5_K_QH + i, 4 - group, 16);
    return Widen.codes(low.or(high))
        .fma(FloatVector.broadcast(Lanes.FLOATS, scale), FloatVector.broadcast(Lanes.FLOATS, min));
  }

  static void dotQ5(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q5_K_BYTES;
      long block1 = w1 + b * Q5_K_BYTES;
      long first0 = Widen.doubleWord(w, block0);
      long second0 = Widen.doubleWord(w, block0 + 8);
      float d0 = KQuantScales.half(first0);
      long first1 = Widen.doubleWord(w, block1);
      long second1 = Widen.doubleWord(w, block1 + 8);
      float d1 = KQuantScales.half(first1);
      float m0 = -KQuantScales.half(first0 >>> 16);
      float m1 = -KQuantScales.half(first1 >>> 16);
      long scales0 = KQuantScales.scales(first0, second0);
      long scales1 = KQuantScales.scales(first1, second1);
      long mins0 = KQuantScales.mins(second0);
      long mins1 = KQuantScales.mins(second1);
      for (int group = 0; group < 8; group++) {
        float scale0 = d0 * KQuantScales.at(scales0, group);
        float scale1 = d1 * KQuantScales.at(scales1, group);
        float min0 = m0 * KQuantScales.at(mins0, group);
        float min1 = m1 * KQuantScales.at(mins1, group);
        for (int i = 0; i < GROUP; i += COUNT) {
          FloatVector v = load(x, xAt + b * BLOCK + group * GROUP + i);
          sum0 = q5(w, block0, group, i, scale0, min0).fma(v, sum0);
          sum1 = q5(w, block1, group, i, scale1, min1).fma(v, sum1);
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ5(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q5_K_BYTES;
      long header = Widen.doubleWord(source, block);
      long second = Widen.doubleWord(source, block + 8);
      float d = KQuantScales.half(header);
      float m = -KQuantScales.half(header >>> 16);
      long scales = KQuantScales.scales(header, second);
      long mins = KQuantScales.mins(second);
      for (int group = 0; group < 8; group++) {
        float scale = d * KQuantScales.at(scales, group);
        float min = m * KQuantScales.at(mins, group);
        int first = to + b * BLOCK + group * GROUP;
        for (int i = 0; i < GROUP; i += COUNT) {
          q5(source, block, group, i, scale, min).intoArray(target, first + i);
        }
      }
    }
  }

  /**
   * Values [i, i + lanes) of a quarter of a half block: the quarters of a half share 64 bytes of
   * nibbles and 32 bytes of pairs.
   */
  private static FloatVector q6(
      MemorySegment source, long block, int half, int quarter, int i, float d, long scales) {
    long nibbles = block + half * 64 + quarter % 2 * GROUP + i;
    long pairs = block + Q6_K_QH + half * GROUP + i;
    ByteVector low = Widen.shiftedBytes(source, nibbles, quarter / 2 * 4, NIBBLE);
    ByteVector high = Widen.rotatedBytes(source, pairs, 4 - quarter * 2, 48);
    float scale = d * (byte) (scales >>> quarter * 16 + i / 16 * 8);
    return Widen.codes(low.or(high), 32).mul(scale);
  }

  static void dotQ6(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q6_K_BYTES;
      long block1 = w1 + b * Q6_K_BYTES;
      float d0 = Widen.half(w, block0 + Q6_K_D);
      float d1 = Widen.half(w, block1 + Q6_K_D);
      for (int half = 0; half < 2; half++) {
        long scales0 = Widen.doubleWord(w, block0 + Q6_K_SCALES + 8 * half);
        long scales1 = Widen.doubleWord(w, block1 + Q6_K_SCALES + 8 * half);
        for (int quarter = 0; quarter < 4; quarter++) {
          int at = xAt + b * BLOCK + half * 128 + quarter * GROUP;
          for (int i = 0; i < GROUP; i += COUNT) {
            FloatVector v = load(x, at + i);
            sum0 = q6(w, block0, half, quarter, i, d0, scales0).fma(v, sum0);
            sum1 = q6(w, block1, half, quarter, i, d1, scales1).fma(v, sum1);
          }
        }
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ6(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q6_K_BYTES;
      float d = Widen.half(source, block + Q6_K_D);
      for (int half = 0; half < 2; half++) {
        long scales = Widen.doubleWord(source, block + Q6_K_SCALES + 8 * half);
        for (int quarter = 0; quarter < 4; quarter++) {
          int first = to + b * BLOCK + half * 128 + quarter * GROUP;
          for (int i = 0; i < GROUP; i += COUNT) {
            q6(source, block, half, quarter, i, d, scales).intoArray(target, first + i);
          }
        }
      }
    }
  }
}
