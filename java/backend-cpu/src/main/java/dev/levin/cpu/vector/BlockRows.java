package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.load;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Rows of blocks of 32 values with one scale; see {@link PairDots} for the products. */
final class BlockRows {
  private static final int BLOCK = 32;
  private static final int HALF = BLOCK / 2;
  private static final long Q8_0_BYTES = DType.Q8_0.blockBytes();
  private static final long Q4_0_BYTES = DType.Q4_0.blockBytes();
  private static final long Q4_1_BYTES = DType.Q4_1.blockBytes();
  private static final long Q5_0_BYTES = DType.Q5_0.blockBytes();
  private static final long Q5_1_BYTES = DType.Q5_1.blockBytes();

  private static final Levels MINUS_8 =
      Levels.of(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);

  /** Brings bit i of a word to the fifth place, where it adds 16, in lane i. */
  private static final IntVector LANE = Lanes.iota();

  private BlockRows() {}

  private static FloatVector q8(MemorySegment source, long block, int i, float d) {
    return Widen.scaled(Widen.signedBytes(source, block + 2 + i), d);
  }

  static void dotQ8(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    int blocks = k / BLOCK;
    long step = Opaque.blockBytes(DType.Q8_0);
    int half = Math.ceilDiv(rows, 2);
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      long block0 = at + r * stride;
      long block1 = at + other * stride;
      FloatVector sum0 = Lanes.zero();
      FloatVector sum1 = Lanes.zero();
      for (int b = 0; b < blocks; b++) {
        float d0 = Widen.half(w, block0);
        float d1 = Widen.half(w, block1);
        for (int i = 0; i < BLOCK; i += COUNT) {
          FloatVector v = load(x, xAt + b * BLOCK + i);
          sum0 = q8(w, block0, i, d0).fma(v, sum0);
          sum1 = q8(w, block1, i, d1).fma(v, sum1);
        }
        block0 += step;
        block1 += step;
      }
      out[outAt + r] = Lanes.sum(sum0);
      out[outAt + other] = Lanes.sum(sum1);
    }
  }

  static void decodeQ8(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q8_0_BYTES;
      float d = Widen.half(source, block);
      for (int i = 0; i < BLOCK; i += COUNT) {
        q8(source, block, i, d).intoArray(target, to + b * BLOCK + i);
      }
    }
  }

  /** Codes [i, i + lanes) in the low four bits of the lanes, with other bits above them. */
  private static IntVector nibbles(MemorySegment source, long qs, int i) {
    IntVector pairs = Widen.unsignedBytes(source, qs + i % HALF);
    return pairs.lanewise(VectorOperators.LSHR, i / HALF * 4);
  }

  private static FloatVector q4(MemorySegment source, long block, int i, IntVector scaled) {
    return MINUS_8.of(nibbles(source, block + 2, i), scaled);
  }

  static void dotQ4(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q4_0_BYTES;
      long block1 = w1 + b * Q4_0_BYTES;
      IntVector scaled0 = MINUS_8.scaled(Widen.half(w, block0));
      IntVector scaled1 = MINUS_8.scaled(Widen.half(w, block1));
      int at = xAt + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = q4(w, block0, i, scaled0).fma(v, sum0);
        sum1 = q4(w, block1, i, scaled1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ4(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q4_0_BYTES;
      IntVector scaled = MINUS_8.scaled(Widen.half(source, block));
      int first = to + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        q4(source, block, i, scaled).intoArray(target, first + i);
      }
    }
  }

  private static FloatVector q41(
      MemorySegment source, long block, int i, IntVector table, float d, float m) {
    return Levels.affine(nibbles(source, block + 4, i), table, d, m);
  }

  static void dotQ41(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q4_1_BYTES;
      long block1 = w1 + b * Q4_1_BYTES;
      float d0 = Widen.half(w, block0);
      float d1 = Widen.half(w, block1);
      float m0 = Widen.half(w, block0 + 2);
      IntVector table0 = Levels.affine(d0, m0);
      float m1 = Widen.half(w, block1 + 2);
      IntVector table1 = Levels.affine(d1, m1);
      int at = xAt + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = q41(w, block0, i, table0, d0, m0).fma(v, sum0);
        sum1 = q41(w, block1, i, table1, d1, m1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ41(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q4_1_BYTES;
      float d = Widen.half(source, block);
      float m = Widen.half(source, block + 2);
      IntVector table = Levels.affine(d, m);
      int first = to + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        q41(source, block, i, table, d, m).intoArray(target, first + i);
      }
    }
  }

  /** Codes from 0 to 31: nibbles under the bits of {@code fifths}, that of value 0 at bit 0. */
  private static IntVector fiveBits(MemorySegment source, long qs, int i, int fifths) {
    IntVector low = nibbles(source, qs, i).and(15);
    IntVector bits =
        IntVector.broadcast(Lanes.INTS, fifths >>> i).lanewise(VectorOperators.LSHR, LANE);
    return low.or(bits.and(1).lanewise(VectorOperators.LSHL, 4));
  }

  private static FloatVector q5(MemorySegment source, long block, int i, int fifths, float d) {
    return Widen.scaled(fiveBits(source, block + 6, i, fifths).sub(16), d);
  }

  static void dotQ5(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q5_0_BYTES;
      long block1 = w1 + b * Q5_0_BYTES;
      float d0 = Widen.half(w, block0);
      float d1 = Widen.half(w, block1);
      int fifths0 = Widen.word(w, block0 + 2);
      int fifths1 = Widen.word(w, block1 + 2);
      int at = xAt + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = q5(w, block0, i, fifths0, d0).fma(v, sum0);
        sum1 = q5(w, block1, i, fifths1, d1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ5(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q5_0_BYTES;
      float d = Widen.half(source, block);
      int fifths = Widen.word(source, block + 2);
      int first = to + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        q5(source, block, i, fifths, d).intoArray(target, first + i);
      }
    }
  }

  private static FloatVector q51(
      MemorySegment source, long block, int i, int fifths, float d, float m) {
    return Widen.affine(fiveBits(source, block + 8, i, fifths), d, m);
  }

  static void dotQ51(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int blocks = k / BLOCK;
    for (int b = 0; b < blocks; b++) {
      long block0 = w0 + b * Q5_1_BYTES;
      long block1 = w1 + b * Q5_1_BYTES;
      float d0 = Widen.half(w, block0);
      float d1 = Widen.half(w, block1);
      float m0 = Widen.half(w, block0 + 2);
      float m1 = Widen.half(w, block1 + 2);
      int fifths0 = Widen.word(w, block0 + 4);
      int fifths1 = Widen.word(w, block1 + 4);
      int at = xAt + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        FloatVector v = load(x, at + i);
        sum0 = q51(w, block0, i, fifths0, d0, m0).fma(v, sum0);
        sum1 = q51(w, block1, i, fifths1, d1, m1).fma(v, sum1);
      }
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void decodeQ51(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / BLOCK; b++) {
      long block = at + b * Q5_1_BYTES;
      float d = Widen.half(source, block);
      float m = Widen.half(source, block + 2);
      int fifths = Widen.word(source, block + 4);
      int first = to + b * BLOCK;
      for (int i = 0; i < BLOCK; i += COUNT) {
        q51(source, block, i, fifths, d, m).intoArray(target, first + i);
      }
    }
  }
}
