package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.B2F;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Rows of Q4_K, Q5_K and Q6_K: the scales of a row as floats, its product with one row of
 * activations, and its codes for {@link IntegerTiles}.
 *
 * <p>They need eight lanes, the pairs of 16 values. One loop runs over the units of bytes of all
 * blocks; where a unit begins is no linear function of its number, which spares it what {@link
 * Strides} tells of.
 */
final class IntegerKRows {
  private static final long Q4_K_BYTES = 144;
  private static final long Q5_K_BYTES = 176;
  private static final long Q6_K_BYTES = 210;
  private static final int Q4_K_QS = 16;
  private static final int Q5_K_QH = 16;
  private static final int Q5_K_QS = 48;
  private static final int Q6_K_QH = 128;
  private static final int Q6_K_SCALES = 192;
  private static final int Q6_K_D = 208;

  /** Pairs of 16 values. */
  private static final int PAIRS = 8;

  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ORDER);

  private IntegerKRows() {}

  /** Scales and minima of a row of Q4_K or Q5_K, eight of each a block. */
  static void scales45(
      MemorySegment w,
      long at,
      long step,
      int blocks,
      byte[] codes,
      float[] scales,
      int to,
      float[] minima,
      int minimaTo) {
    for (int b = 0; b < blocks; b++) {
      long first = Widen.doubleWord(w, at);
      long second = Widen.doubleWord(w, at + 8);
      scaled(
          KQuantScales.scales(first, second), KQuantScales.half(first), codes, scales, to + 8 * b);
      float least = KQuantScales.half(first >>> 16);
      scaled(KQuantScales.mins(second), least, codes, minima, minimaTo + 8 * b);
      at += step;
    }
  }

  /** Scales of a row of Q6_K, sixteen a block, in the order of its pairs. */
  static void scales6(
      MemorySegment w, long at, long step, int blocks, byte[] codes, float[] scales, int to) {
    for (int b = 0; b < blocks; b++) {
      float d = Widen.half(w, at + Q6_K_D);
      for (int half = 0; half < 2; half++) {
        long natural = Widen.doubleWord(w, at + Q6_K_SCALES + 8 * half);
        long even = Long.compress(natural, 0x00ff00ff00ff00ffL);
        long odd = Long.compress(natural, 0xff00ff00ff00ff00L);
        scaled(even | odd << 32, d, codes, scales, to + 16 * b + 8 * half);
      }
      at += step;
    }
  }

  /** Where a group of 16 of Q6_K has its pairs: of each eight groups the even ones come first. */
  static int evenFirst(int group) {
    return group & ~7 | (group & 1) << 2 | (group & 7) >> 1;
  }

  private static void scaled(long bytes, float factor, byte[] codes, float[] scales, int to) {
    LONGS.set(codes, 0, bytes);
    ByteVector vector = ByteVector.fromArray(ByteVector.SPECIES_64, codes, 0);
    ((FloatVector) vector.convertShape(B2F, FLOATS, 0)).mul(factor).intoArray(scales, to);
  }

  private static long unit4(long row, int j) {
    return row + Q4_K_QS + 32L * j + (j >> 2) * (Q4_K_BYTES - 128);
  }

  /** {@code lanes} take the sums. */
  static void dotQ4(
      MemorySegment w, long row, int[] x, int xAt, int k, float[] scales, float[] lanes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int j = 0; j < k / 64; j++) {
      long at = unit4(row, j);
      int from = xAt + 32 * j;
      ShortVector a = Pairs.bytes(w, at);
      ShortVector b = Pairs.bytes(w, at + 16);
      IntVector c0 = a.and((short) 15).reinterpretAsInts();
      IntVector c1 = b.and((short) 15).reinterpretAsInts();
      IntVector p0 = c0.mul(IntVector.fromArray(INTS, x, from));
      IntVector p1 = c1.mul(IntVector.fromArray(INTS, x, from + 8));
      FloatVector sums = (FloatVector) p0.add(p1).convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[2 * j]), sum);
      c0 = a.lanewise(LSHR, 4).reinterpretAsInts();
      c1 = b.lanewise(LSHR, 4).reinterpretAsInts();
      p0 = c0.mul(IntVector.fromArray(INTS, x, from + 16));
      p1 = c1.mul(IntVector.fromArray(INTS, x, from + 24));
      sums = (FloatVector) p0.add(p1).convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[2 * j + 1]), sum);
    }
    sum.intoArray(lanes, 0);
  }

  static void unpackQ4(MemorySegment w, long row, int k, int[] pairs, int to) {
    for (int j = 0; j < k / 64; j++) {
      long at = unit4(row, j);
      for (int i = 0; i < 2 * PAIRS; i += COUNT) {
        ShortVector bytes = Pairs.bytes(w, at + 2 * i);
        Pairs.lower(bytes).intoArray(pairs, to + 32 * j + i);
        Pairs.upper(bytes).intoArray(pairs, to + 32 * j + 16 + i);
      }
    }
  }

  /** A group's nibbles, whose place in the bytes alternates from group to group. */
  private static IntVector nibbles(MemorySegment w, long at, int shift) {
    ShortVector bytes = Pairs.bytes(w, at);
    return bytes.lanewise(LSHR, shift).and((short) 15).reinterpretAsInts();
  }

  /** Codes of group j of 32: under bits 4 the nibbles, above them a bit of the group. */
  private static IntVector five(MemorySegment w, long block, int j, int i) {
    long at = block + Q5_K_QS + 32 * (j >> 1 & 3) + i;
    ShortVector high = Pairs.bytes(w, block + Q5_K_QH + i).lanewise(LSHL, 4);
    high = high.lanewise(LSHR, j & 7).and((short) 16);
    return nibbles(w, at, 4 * (j & 1)).or(high.reinterpretAsInts());
  }

  /** {@code lanes} take the sums. */
  static void dotQ5(
      MemorySegment w, long row, int[] x, int xAt, int k, float[] scales, float[] lanes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int j = 0; j < k / 64; j++) {
      long high = row + Q5_K_QH + (j >> 2) * Q5_K_BYTES;
      long at = high + 32 + 32 * (j & 3);
      int from = xAt + 32 * j;
      ShortVector a = Pairs.bytes(w, at);
      ShortVector b = Pairs.bytes(w, at + 16);
      int shift = 2 * (j & 3);
      ShortVector h0 = Pairs.bytes(w, high).lanewise(LSHL, 4).lanewise(LSHR, shift);
      ShortVector h1 = Pairs.bytes(w, high + 16).lanewise(LSHL, 4).lanewise(LSHR, shift);
      ShortVector c0 = a.and((short) 15).or(h0.and((short) 16));
      ShortVector c1 = b.and((short) 15).or(h1.and((short) 16));
      IntVector p0 = c0.reinterpretAsInts().mul(IntVector.fromArray(INTS, x, from));
      IntVector p1 = c1.reinterpretAsInts().mul(IntVector.fromArray(INTS, x, from + 8));
      FloatVector sums = (FloatVector) p0.add(p1).convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[2 * j]), sum);
      c0 = a.lanewise(LSHR, 4).or(h0.lanewise(LSHR, 1).and((short) 16));
      c1 = b.lanewise(LSHR, 4).or(h1.lanewise(LSHR, 1).and((short) 16));
      p0 = c0.reinterpretAsInts().mul(IntVector.fromArray(INTS, x, from + 16));
      p1 = c1.reinterpretAsInts().mul(IntVector.fromArray(INTS, x, from + 24));
      sums = (FloatVector) p0.add(p1).convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[2 * j + 1]), sum);
    }
    sum.intoArray(lanes, 0);
  }

  static void unpackQ5(MemorySegment w, long row, int k, int[] pairs, int to) {
    for (int j = 0; j < k / 32; j++) {
      long block = row + (j >> 3) * Q5_K_BYTES;
      for (int i = 0; i < 2 * PAIRS; i += COUNT) {
        five(w, block, j, 2 * i).intoArray(pairs, to + 16 * j + i);
      }
    }
  }

  /** Codes less 32 of group j of 32: four groups share 32 bytes of bit pairs. */
  private static IntVector six(MemorySegment w, long block, int j, int i) {
    long at = block + 64 * (j >> 2 & 1) + 32 * (j & 1) + i;
    ShortVector high = Pairs.bytes(w, block + Q6_K_QH + 32 * (j >> 2 & 1) + i);
    high = high.lanewise(LSHL, 4).lanewise(LSHR, 2 * (j & 3));
    IntVector upper = high.and((short) 48).reinterpretAsInts();
    return nibbles(w, at, 4 * (j >> 1 & 1)).or(upper).sub(32 * BOTH);
  }

  /** {@code lanes} take the sums. Units of 64 values are half the bytes of half a block. */
  static void dotQ6(
      MemorySegment w, long row, int[] x, int xAt, int k, float[] scales, float[] lanes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int j = 0; j < k / 64; j++) {
      long block = row + (j >> 2) * Q6_K_BYTES + 16 * (j & 1);
      long at = block + 32 * (j & 2);
      long high = block + Q6_K_QH + 16 * (j & 2);
      int from = xAt + 32 * j;
      ShortVector a = Pairs.bytes(w, at);
      ShortVector b = Pairs.bytes(w, at + 32);
      ShortVector h = Pairs.bytes(w, high);
      ShortVector c = a.and((short) 15).or(h.lanewise(LSHL, 4).and((short) 48));
      IntVector p = c.reinterpretAsInts().sub(32 * BOTH).mul(IntVector.fromArray(INTS, x, from));
      FloatVector sums = (FloatVector) p.convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[4 * j]), sum);
      c = b.and((short) 15).or(h.lanewise(LSHL, 2).and((short) 48));
      p = c.reinterpretAsInts().sub(32 * BOTH).mul(IntVector.fromArray(INTS, x, from + 8));
      sums = (FloatVector) p.convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[4 * j + 1]), sum);
      c = a.lanewise(LSHR, 4).or(h.and((short) 48));
      p = c.reinterpretAsInts().sub(32 * BOTH).mul(IntVector.fromArray(INTS, x, from + 16));
      sums = (FloatVector) p.convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[4 * j + 2]), sum);
      c = b.lanewise(LSHR, 4).or(h.lanewise(LSHR, 2).and((short) 48));
      p = c.reinterpretAsInts().sub(32 * BOTH).mul(IntVector.fromArray(INTS, x, from + 24));
      sums = (FloatVector) p.convertShape(I2F, FLOATS, 0);
      sum = sums.fma(FloatVector.broadcast(FLOATS, scales[4 * j + 3]), sum);
    }
    sum.intoArray(lanes, 0);
  }

  static void unpackQ6(MemorySegment w, long row, int k, int[] pairs, int to) {
    for (int j = 0; j < k / 32; j++) {
      long block = row + (j >> 3) * Q6_K_BYTES;
      for (int i = 0; i < 2 * PAIRS; i += COUNT) {
        int group = 2 * j + i / PAIRS;
        six(w, block, j, 2 * i).intoArray(pairs, to + PAIRS * evenFirst(group) + i % PAIRS);
      }
    }
  }
}
