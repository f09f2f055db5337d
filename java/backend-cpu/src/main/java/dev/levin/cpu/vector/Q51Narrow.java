package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INT;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORT;
import static jdk.incubator.vector.VectorOperators.ASHR;
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

/** Rows of Q5_1 by vectors of 256 bits: as {@link Q50Narrow}, with minima. */
final class Q51Narrow implements IntegerRows {
  private static final int QH = 4;
  private static final int QS = 8;
  private static final VectorSpecies<Short> CODES = ShortVector.SPECIES_128;
  private static final int LOW_NIBBLES = 0x0f0f0f0f;
  private static final IntVector FIFTHS = Q50Narrow.FIFTHS;
  private static final int TWO_OF_BOTH = Q50Narrow.TWO_OF_BOTH;
  private static final int SPREAD = Q50Narrow.SPREAD;
  private static final int FIFTH = Q50Narrow.FIFTH;
  private static final int FRAME = Q41Narrow.FRAME;
  private static final int[] LANES = Q41Narrow.LANES;
  private static final float REBIAS = Q41Narrow.REBIAS;
  private static final float MINUS_BIAS = Q41Narrow.MINUS_BIAS;
  private static final int SIGN_EXPONENT_MANTISSA = Q41Narrow.SIGN_EXPONENT_MANTISSA;

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
    MemorySegment sums = a.sums;
    int[] ends = a.runEnds;
    float[] runSteps = a.runSteps;
    long step = Opaque.blockBytes(DType.Q5_1);
    long unit = Opaque.unitBytes();
    long vector = Opaque.vectorBytes();
    int bits = Opaque.eight();
    int first = token * a.units;
    int last = first + a.units;
    int half = (rows + 1) / 2;
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      FloatVector least0 = FloatVector.zero(FLOATS);
      FloatVector least1 = FloatVector.zero(FLOATS);
      long block0 = at + r * stride;
      long block1 = at + other * stride;
      int run = token * a.pieces;
      int end = ends[run];
      long sumsAt = token * a.minima * vector;
      for (int f = first; f < last; f += FRAME) {
        if (f == end) {
          float factor = runSteps[run++];
          sum0 = sum0.mul(factor);
          sum1 = sum1.mul(factor);
          end = ends[run];
        }
        IntVector heads0 = IntVector.zero(INTS);
        IntVector heads1 = IntVector.zero(INTS);
        int frameEnd = Math.min(f + FRAME, last);
        for (int u = f; u < frameEnd; u++) {
          long xAt = u * unit;
          IntVector x0 = IntVector.fromMemorySegment(INTS, x, xAt, ORDER);
          IntVector x1 = IntVector.fromMemorySegment(INTS, x, xAt + BYTES_OF_VECTOR, ORDER);
          IntVector lane = IntVector.fromArray(INTS, LANES, (u - f) * COUNT);
          IntVector h = IntVector.broadcast(INTS, w.get(INT, block0 + QH)).lanewise(LSHR, FIFTHS);
          h = h.and(TWO_OF_BOTH).mul(SPREAD).and(FIFTH);
          IntVector c =
              (IntVector)
                  ShortVector.fromMemorySegment(CODES, w, block0 + QS, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0);
          c = c.lanewise(LSHL, 12).or(c).and(LOW_NIBBLES).or(h);
          IntVector p = c.reinterpretAsShorts().lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.mul(x0).add(p);
          IntVector head = IntVector.broadcast(INTS, w.get(INT, block0));
          heads0 = heads0.or(head.and(lane));
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
          p = c.mul(x0).add(p);
          head = IntVector.broadcast(INTS, w.get(INT, block1));
          heads1 = heads1.or(head.and(lane));
          scale = FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block1) & 0xffff]);
          sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
          block1 += step;
        }
        FloatVector ofMinima = FloatVector.fromMemorySegment(FLOATS, sums, sumsAt, ORDER);
        sumsAt += vector;
        least0 =
            heads0
                .lanewise(ASHR, 3)
                .and(SIGN_EXPONENT_MANTISSA)
                .reinterpretAsFloats()
                .mul(REBIAS)
                .mul(REBIAS)
                .mul(MINUS_BIAS)
                .fma(ofMinima, least0);
        least1 =
            heads1
                .lanewise(ASHR, 3)
                .and(SIGN_EXPONENT_MANTISSA)
                .reinterpretAsFloats()
                .mul(REBIAS)
                .mul(REBIAS)
                .mul(MINUS_BIAS)
                .fma(ofMinima, least1);
      }
      sum0.intoArray(lanes, 2 * COUNT * r);
      least0.intoArray(lanes, 2 * COUNT * r + COUNT);
      sum1.intoArray(lanes, 2 * COUNT * other);
      least1.intoArray(lanes, 2 * COUNT * other + COUNT);
    }
  }

  @Override
  public void unpack(MemorySegment w, long at, UnpackedRows to, int r) {
    long step = Opaque.blockBytes(DType.Q5_1);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) * step;
      to.store(u, Q50Narrow.codes(w, block + QH, block + QS), 8);
      Q41Narrow.unpackScale(w.get(INT, block), to, u);
    }
    Q41Narrow.unpackMinima(w, at, step, to, r);
  }
}
