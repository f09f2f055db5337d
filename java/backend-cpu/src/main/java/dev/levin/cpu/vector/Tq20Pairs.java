package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.UNITS_OF_BLOCK;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Rows of TQ2_0: a load has the codes of four units, eight in a short, a block or half of one. All
 * vectors of the four but the last keep higher codes above their own. Codes are small enough for
 * the products of a load to be added as integers.
 */
final class Tq20Pairs implements IntegerRows {
  private static final int D = 64;

  /** Loads of a block. */
  private static final int LOADS = D / BYTES_OF_VECTOR;

  /** A lane of codes that are all 1, which stands for zero. */
  private static final int OFFSETS = 0x5555 * BOTH;

  @Override
  public void dot(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      IntegerActivations a,
      int token,
      float[] lanes) {
    MemorySegment x = a.pairs;
    MemorySegment offsets = a.offsets;
    int[] ends = a.runEnds;
    float[] runSteps = a.runSteps;
    long step = Opaque.blockBytes(DType.TQ2_0);
    long unit = Opaque.unitBytes();
    int bits = Opaque.two();
    long vector = unit / 2;
    int first = token * (a.units / UNITS_OF_BLOCK);
    int last = first + a.units / UNITS_OF_BLOCK;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      int run = token * a.pieces;
      int end = ends[run] / UNITS_OF_BLOCK;
      for (int b = first; b < last; b++) {
        if (b == end) {
          sum0 = sum0.mul(runSteps[run]);
          sum1 = sum1.mul(runSteps[run++]);
          end = ends[run] / UNITS_OF_BLOCK;
        }
        long block0 = at + r * stride + (b - first) * step;
        long block1 = at + other * stride + (b - first) * step;
        FloatVector scale0 = FloatVector.broadcast(FLOATS, Widen.half(w, block0 + D));
        FloatVector scale1 = FloatVector.broadcast(FLOATS, Widen.half(w, block1 + D));
        long xAt = b * UNITS_OF_BLOCK * unit;
        for (int j = 0; j < LOADS; j++) {
          IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
          IntVector y = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          ShortVector c0 =
              IntVector.fromMemorySegment(INTS, w, block0, ORDER).reinterpretAsShorts();
          ShortVector c1 =
              IntVector.fromMemorySegment(INTS, w, block1, ORDER).reinterpretAsShorts();
          block0 += vector;
          block1 += vector;
          IntVector p0 = c0.reinterpretAsInts().mul(y).sub(offset);
          IntVector p1 = c1.reinterpretAsInts().mul(y).sub(offset);
          y = IntVector.fromMemorySegment(INTS, x, xAt + 1 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 2 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 3 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 4 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 5 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 6 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          y = IntVector.fromMemorySegment(INTS, x, xAt + 7 * BYTES_OF_VECTOR, ORDER);
          c0 = c0.lanewise(LSHR, bits);
          c1 = c1.lanewise(LSHR, bits);
          p0 = p0.add(c0.reinterpretAsInts().mul(y));
          p1 = p1.add(c1.reinterpretAsInts().mul(y));
          xAt += 4 * unit;
          sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
          sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
        }
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.TQ2_0);
    int first = r * (to.units / UNITS_OF_BLOCK);
    for (int b = first; b < first + to.units / UNITS_OF_BLOCK; b++) {
      long block = at + (b - first) * step;
      FloatVector scale = FloatVector.broadcast(FLOATS, Widen.half(w, block + D));
      for (int j = 0; j < LOADS; j++) {
        long vectors = 2L * UNITS_OF_BLOCK * b + 8 * j;
        unpack(w, block + BYTES_OF_VECTOR * j, to.pairs, BYTES_OF_VECTOR * vectors);
        scale.intoMemorySegment(to.scales, BYTES_OF_VECTOR * (vectors / 2), ORDER);
      }
    }
  }

  /** Unpacks a vector of codes to eight. */
  static void unpack(MemorySegment w, long at, MemorySegment pairs, long pairsAt) {
    ShortVector codes = IntVector.fromMemorySegment(INTS, w, at, ORDER).reinterpretAsShorts();
    int ones = OFFSETS;
    for (long to = pairsAt; to < pairsAt + 8 * BYTES_OF_VECTOR; to += BYTES_OF_VECTOR) {
      codes.reinterpretAsInts().sub(ones).intoMemorySegment(pairs, to, ORDER);
      codes = codes.lanewise(LSHR, 2);
      ones = ones >>> 2 & 0x3fff * BOTH;
    }
  }
}
