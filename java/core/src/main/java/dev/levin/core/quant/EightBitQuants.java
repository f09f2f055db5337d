package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.putByte;
import static dev.levin.core.quant.LittleEndian.putHalf;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Signed bytes with one scale: Q8_0 for weights, Q8_1 and Q8_K for activations. The latter two also
 * carry sums of their integers, which decoding has no use for.
 */
final class EightBitQuants {
  private static final int LARGEST = 127;

  private EightBitQuants() {}

  static final class Q8_0 extends BlockwiseCodec {
    private static final int VALUES = 32;
    private static final int QS = 2;

    Q8_0() {
      super(DType.Q8_0, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      scaleBytes(half(source, at), source, at + QS, target, to, VALUES);
    }

    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.magnitude(source, from, VALUES) / LARGEST;
      putHalf(target, at, d);
      roundBytes(Extremes.inverse(d), source, from, target, at + QS, VALUES);
    }
  }

  static final class Q8_1 extends BlockwiseCodec {
    private static final int VALUES = 32;
    private static final int SUM = 2;
    private static final int QS = 4;

    Q8_1() {
      super(DType.Q8_1, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      scaleBytes(half(source, at), source, at + QS, target, to, VALUES);
    }

    /** The stored sum uses the scale before its rounding to F16, as the reference does. */
    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float d = Extremes.magnitude(source, from, VALUES) / LARGEST;
      putHalf(target, at, d);
      int sum = roundBytes(Extremes.inverse(d), source, from, target, at + QS, VALUES);
      putHalf(target, at + SUM, sum * d);
    }
  }

  static final class Q8_K extends BlockwiseCodec {
    private static final int VALUES = 256;
    private static final int GROUP = 16;
    private static final int QS = 4;
    private static final int SUMS = QS + VALUES;

    Q8_K() {
      super(DType.Q8_K, true);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      scaleBytes(source.get(LittleEndian.FLOAT, at), source, at + QS, target, to, VALUES);
    }

    /** The value of largest magnitude becomes -127, so the scale has the opposite sign of it. */
    @Override
    void encodeBlock(float[] source, int from, MemorySegment target, long at) {
      float extreme = Extremes.signed(source, from, VALUES);
      float inverse = extreme == 0 ? 0 : -LARGEST / extreme;
      target.set(LittleEndian.FLOAT, at, Extremes.inverse(inverse));
      for (int group = 0; group < VALUES / GROUP; group++) {
        int sum = 0;
        for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
          int q = Math.min(LARGEST, (int) Math.rint(inverse * source[from + i]));
          putByte(target, at + QS + i, q);
          sum += q;
        }
        target.set(LittleEndian.SHORT, at + SUMS + 2L * group, (short) sum);
      }
    }
  }

  private static void scaleBytes(
      float d, MemorySegment source, long at, float[] target, int to, int count) {
    for (int i = 0; i < count; i++) {
      target[to + i] = d * source.get(LittleEndian.BYTE, at + i);
    }
  }

  /** Returns the sum of the bytes it wrote. */
  private static int roundBytes(
      float inverse, float[] source, int from, MemorySegment target, long at, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      int q = Extremes.roundHalfAway(source[from + i] * inverse);
      putByte(target, at + i, q);
      sum += q;
    }
    return sum;
  }
}
