package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BOTH;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INT;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of Q5_0 by vectors of 256 bits: a unit is a block, and a lane has the codes of two of its
 * bytes, the low nibbles in the lower half. The first vector of a unit keeps those of the odd bytes
 * above those of the even ones, see {@link IntegerFormat}.
 *
 * <p>Blocks are taken in frames of eight, whose scales make one vector.
 */
final class Q50Narrow implements IntegerRows {
  private static final int QH = 2;
  private static final int QS = 6;
  private static final VectorSpecies<Short> CODES = ShortVector.SPECIES_128;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;

  /** By how many bits a lane shifts the fifth bits for those of its even byte to come first. */
  static final IntVector FIFTHS = Lanes.iota().mul(2);

  /** The fifth bits of the even and the odd byte: of their low nibbles, and of the high ones. */
  static final int TWO_OF_BOTH = 3 * BOTH;

  /** What brings those bits to {@link #FIFTH}. */
  static final int SPREAD = 1 << 4 | 1 << 11;

  static final int FIFTH = 0x10101010;

  /** What codes are larger by than the values they stand for. */
  private static final int OFFSET = 16 * BOTH;

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
    long step = Opaque.blockBytes(DType.Q5_0);
    long unit = Opaque.unitBytes();

    int bits = Opaque.eight();
    int first = token * a.units;
    int last = first + a.units;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      long block0 = at + r * stride;
      long block1 = at + other * stride;
      int run = token * a.pieces;
      int end = ends[run];
      for (int u = first; u < last; u++) {
        if (u == end) {
          float factor = runSteps[run++];
          sum0 = sum0.mul(factor);
          sum1 = sum1.mul(factor);
          end = ends[run];
        }
        long xAt = u * unit;
        IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
        IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
        IntVector offset = IntVector.fromMemorySegment(INTS, offsets, xAt / 2, ORDER);
        IntVector h = IntVector.broadcast(INTS, w.get(INT, block0 + QH)).lanewise(LSHR, FIFTHS);
        h = h.and(TWO_OF_BOTH).mul(SPREAD).and(FIFTH);
        IntVector c =
            (IntVector)
                ShortVector.fromMemorySegment(CODES, w, block0 + QS, ORDER)
                    .convertShape(ZERO_EXTEND_S2I, INTS, 0);
        c = c.lanewise(LSHL, 12).or(c).and(LOW_NIBBLES).or(h);
        IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p).sub(offset);
        FloatVector scale =
            FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block0) & 0xffff]);
        sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
        block0 += step;
        h = IntVector.broadcast(INTS, w.get(INT, block1 + QH)).lanewise(LSHR, FIFTHS);
        h = h.and(TWO_OF_BOTH).mul(SPREAD).and(FIFTH);
        c =
            (IntVector)
                ShortVector.fromMemorySegment(CODES, w, block1 + QS, ORDER)
                    .convertShape(ZERO_EXTEND_S2I, INTS, 0);
        c = c.lanewise(LSHL, 12).or(c).and(LOW_NIBBLES).or(h);
        p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
        p = c.mul(x0).add(p).sub(offset);
        scale = FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block1) & 0xffff]);
        sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
        block1 += step;
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      sum1.intoArray(lanes, 2 * COUNT * other);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q5_0);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) * step;
      to.store(u, Q50Narrow.codes(w, block + QH, block + QS), 8, OFFSET);
      Q41Narrow.unpackScale(w.get(INT, block), to, u);
    }
  }

  /** The codes of a block as bytes: those of both nibbles of its byte 0 at bytes 0 and 2. */
  static IntVector codes(MemorySegment w, long qh, long qs) {
    IntVector h = IntVector.broadcast(INTS, w.get(INT, qh)).lanewise(LSHR, FIFTHS);
    h = h.and(TWO_OF_BOTH).mul(SPREAD).and(FIFTH);
    ShortVector bytes = ShortVector.fromMemorySegment(CODES, w, qs, ORDER);
    IntVector c = (IntVector) bytes.convertShape(ZERO_EXTEND_S2I, INTS, 0);
    return c.lanewise(LSHL, 12).or(c).and(LOW_NIBBLES).or(h);
  }
}
