package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Products of one row of activations with two encoded rows, and rows unpacked for {@link
 * IntegerTiles}, of formats of 32 values with one scale.
 */
final class IntegerRows {
  /** Pairs of a block. */
  private static final int BLOCK = 16;

  private static final int HALF = BLOCK / 2;

  /** Twice the E2M1 values, from that of code 15 to that of 0: the least has to come first. */
  private static final ByteVector E2M1 =
      Pairs.table(-12, -12, -8, -6, -4, -3, -2, -1, 0, 12, 8, 6, 4, 3, 2, 1, 0);

  /** Half the E8M0 scales, as {@link #E2M1} is doubled. */
  private static final float[] POWERS_OF_TWO = new float[256];

  static {
    for (int e = 0; e < 256; e++) {
      POWERS_OF_TWO[e] = CodebookRows.halfPowerOfTwo(e);
    }
  }

  private IntegerRows() {}

  static void dotQ40(
      MemorySegment w,
      long w0,
      long w1,
      long step,
      IntegerActivations activations,
      int row,
      float[] lanes) {
    int[] x = activations.pairs;
    float[] scales = activations.scales;
    int blocks = activations.k / 32;
    int first = row * blocks;
    FloatVector sum0 = Pairs.zero();
    FloatVector sum1 = Pairs.zero();
    for (int b = first; b < first + blocks; b++) {
      long block0 = w0 + (b - first) * step;
      long block1 = w1 + (b - first) * step;
      float half0 = Widen.half(w, block0) * scales[b];
      float half1 = Widen.half(w, block1) * scales[b];
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes0 = Pairs.bytes(w, block0 + 2 + 2 * i);
        ShortVector bytes1 = Pairs.bytes(w, block1 + 2 + 2 * i);
        IntVector u = IntVector.fromArray(INTS, x, b * BLOCK + i);
        IntVector v = IntVector.fromArray(INTS, x, b * BLOCK + HALF + i);
        IntVector whole = bytes0.reinterpretAsInts().sub(136 * BOTH);
        IntVector upper = bytes0.lanewise(LSHR, 4).reinterpretAsInts().sub(8 * BOTH);
        FloatVector sums =
            (FloatVector) whole.mul(u).add(upper.mul(v)).convertShape(I2F, FLOATS, 0);
        sum0 = sums.fma(FloatVector.broadcast(FLOATS, half0), sum0);
        whole = bytes1.reinterpretAsInts().sub(136 * BOTH);
        upper = bytes1.lanewise(LSHR, 4).reinterpretAsInts().sub(8 * BOTH);
        sums = (FloatVector) whole.mul(u).add(upper.mul(v)).convertShape(I2F, FLOATS, 0);
        sum1 = sums.fma(FloatVector.broadcast(FLOATS, half1), sum1);
      }
    }
    sum0.intoArray(lanes, 0);
    sum1.intoArray(lanes, COUNT);
  }

  static void dotQ41(
      MemorySegment w,
      long w0,
      long w1,
      long step,
      IntegerActivations activations,
      int row,
      float[] lanes) {
    int[] x = activations.pairs;
    float[] scales = activations.scales;
    int blocks = activations.k / 32;
    int first = row * blocks;
    FloatVector sum0 = Pairs.zero();
    FloatVector sum1 = Pairs.zero();
    for (int b = first; b < first + blocks; b++) {
      long block0 = w0 + (b - first) * step;
      long block1 = w1 + (b - first) * step;
      float half0 = Widen.half(w, block0) * scales[b];
      float half1 = Widen.half(w, block1) * scales[b];
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes0 = Pairs.bytes(w, block0 + 4 + 2 * i);
        ShortVector bytes1 = Pairs.bytes(w, block1 + 4 + 2 * i);
        IntVector u = IntVector.fromArray(INTS, x, b * BLOCK + i);
        IntVector v = IntVector.fromArray(INTS, x, b * BLOCK + HALF + i);
        IntVector whole = bytes0.reinterpretAsInts();
        IntVector upper = bytes0.lanewise(LSHR, 4).reinterpretAsInts();
        FloatVector sums =
            (FloatVector) whole.mul(u).add(upper.mul(v)).convertShape(I2F, FLOATS, 0);
        sum0 = sums.fma(FloatVector.broadcast(FLOATS, half0), sum0);
        whole = bytes1.reinterpretAsInts();
        upper = bytes1.lanewise(LSHR, 4).reinterpretAsInts();
        sums = (FloatVector) whole.mul(u).add(upper.mul(v)).convertShape(I2F, FLOATS, 0);
        sum1 = sums.fma(FloatVector.broadcast(FLOATS, half1), sum1);
      }
    }
    sum0.intoArray(lanes, 0);
    sum1.intoArray(lanes, COUNT);
  }

  private static IntVector level(IntVector codes, ByteVector table, int least) {
    return Pairs.lookup(codes, table).add(least * BOTH);
  }

  private static IntVector lowerE2m1(ShortVector bytes) {
    return level(Pairs.lower(bytes.not()), E2M1, -12);
  }

  private static IntVector upperE2m1(ShortVector bytes) {
    return level(Pairs.upper(bytes).lanewise(XOR, 15 * BOTH), E2M1, -12);
  }

  /** One row: the code for two is more than the compiler inlines. {@code lanes} take the sums. */
  static void dotMxfp4(
      MemorySegment w,
      long row,
      long step,
      IntegerActivations activations,
      int token,
      float[] lanes) {
    int[] x = activations.pairs;
    float[] scales = activations.scales;
    int blocks = activations.k / 32;
    int first = token * blocks;
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int b = first; b < first + blocks; b++) {
      long at = row + (b - first) * step;
      FloatVector scale =
          FloatVector.broadcast(FLOATS, POWERS_OF_TWO[Widen.unsignedByte(w, at)] * scales[b]);
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes = Pairs.bytes(w, at + 1 + 2 * i).lanewise(XOR, (short) 255);
        ByteVector lower = bytes.and((short) 15).reinterpretAsBytes();
        IntVector a = lower.selectFrom(E2M1).reinterpretAsInts().sub(12 * BOTH);
        ByteVector upper = bytes.lanewise(LSHR, 4).reinterpretAsBytes();
        IntVector b1 = upper.selectFrom(E2M1).reinterpretAsInts().sub(12 * BOTH);
        IntVector pairs = a.mul(IntVector.fromArray(INTS, x, b * BLOCK + i));
        pairs = pairs.add(b1.mul(IntVector.fromArray(INTS, x, b * BLOCK + HALF + i)));
        sum = ((FloatVector) pairs.convertShape(I2F, FLOATS, 0)).fma(scale, sum);
      }
    }
    sum.intoArray(lanes, 0);
  }

  static void unpackMxfp4(MemorySegment w, long at, long step, int blocks, int[] pairs, int to) {
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes = Pairs.bytes(w, at + 1 + 2 * i);
        lowerE2m1(bytes).intoArray(pairs, to + b * BLOCK + i);
        upperE2m1(bytes).intoArray(pairs, to + b * BLOCK + HALF + i);
      }
      at += step;
    }
  }

  /** The scales of a row of MXFP4. */
  static void powersOfTwo(MemorySegment w, long at, long step, int blocks, float[] scales, int to) {
    for (int b = 0; b < blocks; b++) {
      scales[to + b] = POWERS_OF_TWO[Widen.unsignedByte(w, at)];
      at += step;
    }
  }

  /** The minima of a row of Q4_1, as what is subtracted. */
  static void minimaQ41(MemorySegment w, long at, long step, int blocks, float[] minima, int to) {
    for (int b = 0; b < blocks; b++) {
      minima[to + b] = -Widen.half(w, at);
      at += step;
    }
  }

  /** The scales of a row. */
  static void scales(MemorySegment w, long at, long step, int blocks, float[] scales, int to) {
    for (int b = 0; b < blocks; b++) {
      scales[to + b] = Widen.half(w, at);
      at += step;
    }
  }

  /**
   * Bytes and their upper nibbles, beside activations that are made for them.
   *
   * @param offset what is subtracted from each nibble
   */
  static void unpackNibbles(
      MemorySegment w, long at, long step, int blocks, int offset, int[] pairs, int to) {
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < HALF; i += COUNT) {
        ShortVector bytes = Pairs.bytes(w, at + 2 * i);
        IntVector whole = bytes.reinterpretAsInts().sub(17 * offset * BOTH);
        whole.intoArray(pairs, to + b * BLOCK + i);
        Pairs.upper(bytes).sub(offset * BOTH).intoArray(pairs, to + b * BLOCK + HALF + i);
      }
      at += step;
    }
  }
}
