package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOAT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INT;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORT;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2S;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of Q4_1 by vectors of 256 bits: a unit is a block, and a lane has two of its bytes. The
 * first vector of a unit keeps the high nibbles above the low ones, see {@link IntegerFormat}.
 *
 * <p>Blocks are taken in frames of eight, whose scales make one vector.
 */
final class Q41Narrow implements IntegerRows {
  private static final int QS = 4;
  private static final VectorSpecies<Byte> CODES = ByteVector.SPECIES_128;

  /** Blocks of a frame. */
  static final int FRAME = 8;

  /**
   * A minimum is read as if its exponent were that of an F32. Multiplied by this twice, those that
   * are infinite or NaN overflow, and no others.
   */
  static final float REBIAS = 0x1p112f;

  /** Takes one of them back. A minimum is added, where those of other formats are subtracted. */
  static final float MINUS_BIAS = -0x1p-112f;

  /** Of an F16 whose exponent is where that of an F32 is. */
  static final int SIGN_EXPONENT_MANTISSA = 0x8fffe000;

  /** A vector for each block of a frame, with all bits of the lane that takes its minimum. */
  static final int[] LANES = lanes();

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
    long step = Opaque.blockBytes(DType.Q4_1);
    long unit = Opaque.unitBytes();
    long vector = Opaque.vectorBytes();
    int bits = Opaque.four();
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
          ByteVector bytes = ByteVector.fromMemorySegment(CODES, w, block0 + QS, ORDER);
          ShortVector c = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
          IntVector p = c.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.reinterpretAsInts().mul(x0).add(p);
          IntVector head = IntVector.broadcast(INTS, w.get(INT, block0));
          heads0 = heads0.or(head.and(lane));
          FloatVector scale =
              FloatVector.broadcast(FLOATS, Halves.VALUES[w.get(SHORT, block0) & 0xffff]);
          sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
          block0 += step;
          bytes = ByteVector.fromMemorySegment(CODES, w, block1 + QS, ORDER);
          c = (ShortVector) bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0);
          p = c.lanewise(LSHR, bits).reinterpretAsInts().mul(x1);
          p = c.reinterpretAsInts().mul(x0).add(p);
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
    long step = Opaque.blockBytes(DType.Q4_1);
    int first = r * to.units;
    for (int u = first; u < first + to.units; u++) {
      long block = at + (u - first) * step;
      ByteVector bytes = ByteVector.fromMemorySegment(CODES, w, block + QS, ORDER);
      to.store(u, bytes.convertShape(ZERO_EXTEND_B2S, SHORTS, 0).reinterpretAsInts(), 4);
      unpackScale(w.get(INT, block), to, u);
    }
    unpackMinima(w, at, step, to, r);
  }

  private static int[] lanes() {
    int[] lanes = new int[FRAME * COUNT];
    for (int u = 0; u < FRAME; u++) {
      lanes[u * COUNT + u] = -1;
    }
    return lanes;
  }

  /** The scale of a unit, from the first four bytes of its block. */
  static void unpackScale(int head, UnpackedRows to, int unit) {
    FloatVector.broadcast(FLOATS, KQuantScales.half(head))
        .intoMemorySegment(to.scales, (long) BYTES_OF_VECTOR * unit, ORDER);
  }

  /** The minima of a row of blocks that begin with a scale and a minimum. */
  static void unpackMinima(MemorySegment w, long at, long step, UnpackedRows to, int r) {
    int room = (to.units + FRAME - 1) / FRAME * FRAME;
    for (int u = 0; u < room; u++) {
      int head = u < to.units ? w.get(INT, at + u * step) : 0;
      to.minima.set(FLOAT, 4L * (r * room + u), -KQuantScales.half(head >>> 16));
    }
  }
}
