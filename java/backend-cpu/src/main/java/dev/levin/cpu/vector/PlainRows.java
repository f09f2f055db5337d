package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Rows of floating-point elements that share no scale; see {@link PairDots} for the products. */
final class PlainRows {
  /** The least magnitude of activations that overflow as {@link Widen#F16_REBIAS} times it. */
  private static final float OVERFLOW = 0x1p16f;

  private PlainRows() {}

  static void dotF32(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.f32(w, w0 + 4L * i).fma(v, sum0);
      sum1 = Widen.f32(w, w1 + 4L * i).fma(v, sum1);
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void dotF16(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    if (!isBelow(OVERFLOW, x, xAt, FLOATS.loopBound(k))
        || !dotFiniteF16(w, at, stride, rows, x, xAt, k, out, outAt)) {
      dotAnyF16(w, at, stride, rows, x, xAt, k, out, outAt);
    }
  }

  private static boolean isBelow(float limit, float[] x, int from, int count) {
    FloatVector largest = Lanes.zero();
    for (int i = from; i < from + count; i += COUNT) {
      largest = largest.max(load(x, i).abs());
    }
    // A NaN is below nothing.
    return largest.reduceLanes(VectorOperators.MAX) < limit;
  }

  /**
   * Multiplies the activations, once for four rows, by what all weights lack; the products are the
   * same, as are their sums. The rows are taken in four parts side by side, see {@link PairDots}.
   *
   * @return whether all elements were finite; otherwise the products are wrong
   */
  private static boolean dotFiniteF16(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    ShortVector largest = ShortVector.zero(Lanes.SHORTS);
    int end = FLOATS.loopBound(k);
    int half = Math.ceilDiv(rows, 2);
    for (int r = 0; r < half; r++) {
      int other = Math.min(half + r, rows - 1);
      long w0 = at + r * stride;
      long w1 = at + other * stride;
      FloatVector sum0 = Lanes.zero();
      FloatVector sum1 = Lanes.zero();
      for (int i = 0; i < end; i += COUNT) {
        FloatVector v = load(x, xAt + i).mul(Widen.F16_REBIAS);
        ShortVector half0 = Widen.shorts(w, w0 + 2L * i);
        sum0 = Widen.smallHalf(half0).fma(v, sum0);
        ShortVector half1 = Widen.shorts(w, w1 + 2L * i);
        sum1 = Widen.smallHalf(half1).fma(v, sum1);
        largest = largest.max(half0.and(Short.MAX_VALUE)).max(half1.and(Short.MAX_VALUE));
      }
      out[outAt + r] = Lanes.sum(sum0);
      out[outAt + other] = Lanes.sum(sum1);
    }
    return largest.reduceLanes(VectorOperators.MAX) < Widen.F16_INFINITY;
  }

  private static void dotAnyF16(
      MemorySegment w,
      long at,
      long stride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    int end = FLOATS.loopBound(k);
    for (int r = 0; r < rows; r++) {
      FloatVector sum = Lanes.zero();
      for (int i = 0; i < end; i += COUNT) {
        sum = Widen.f16(w, at + r * stride + 2L * i).fma(load(x, xAt + i), sum);
      }
      out[outAt + r] = Lanes.sum(sum);
    }
  }

  static void dotBf16(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.bf16(w, w0 + 2L * i).fma(v, sum0);
      sum1 = Widen.bf16(w, w1 + 2L * i).fma(v, sum1);
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void dotE4m3(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.e4m3(w, w0 + i).fma(v, sum0);
      sum1 = Widen.e4m3(w, w1 + i).fma(v, sum1);
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  static void dotE5m2(
      MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = Widen.e5m2(w, w0 + i).fma(v, sum0);
      sum1 = Widen.e5m2(w, w1 + i).fma(v, sum1);
    }
    out[o0] = Lanes.sum(sum0);
    out[o1] = Lanes.sum(sum1);
  }

  /** Each of these decodes the elements that fill vectors and returns how many those are. */
  static int decodeF16(MemorySegment source, long at, float[] target, int to, int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += COUNT) {
      Widen.f16(source, at + 2L * i).intoArray(target, to + i);
    }
    return end;
  }

  static int decodeBf16(MemorySegment source, long at, float[] target, int to, int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += COUNT) {
      Widen.bf16(source, at + 2L * i).intoArray(target, to + i);
    }
    return end;
  }

  static int decodeE4m3(MemorySegment source, long at, float[] target, int to, int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += COUNT) {
      Widen.e4m3(source, at + i).intoArray(target, to + i);
    }
    return end;
  }

  static int decodeE5m2(MemorySegment source, long at, float[] target, int to, int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += COUNT) {
      Widen.e5m2(source, at + i).intoArray(target, to + i);
    }
    return end;
  }
}
