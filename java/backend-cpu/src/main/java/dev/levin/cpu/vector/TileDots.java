package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Products of several rows at once, so that each load serves several multiply-adds. Rows past the
 * last are the last one again: computing it twice gives the same bits and needs no second kernel.
 */
final class TileDots {
  private TileDots() {}

  /** Four activation rows by two weight rows; {@code lastRow} is 1, or 0 for one weight row. */
  static void fourByTwo(
      float[] w,
      int w0,
      int lastRow,
      float[] x,
      int[] xOffsets,
      int firstX,
      int k,
      float[] out,
      int outAt,
      int outStride) {
    int w1 = w0 + lastRow * k;
    int x0 = xOffsets[firstX];
    int x1 = xOffsets[firstX + 1];
    int x2 = xOffsets[firstX + 2];
    int x3 = xOffsets[firstX + 3];
    FloatVector sum00 = Lanes.zero();
    FloatVector sum01 = Lanes.zero();
    FloatVector sum10 = Lanes.zero();
    FloatVector sum11 = Lanes.zero();
    FloatVector sum20 = Lanes.zero();
    FloatVector sum21 = Lanes.zero();
    FloatVector sum30 = Lanes.zero();
    FloatVector sum31 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector a = load(w, w0 + i);
      FloatVector b = load(w, w1 + i);
      FloatVector v0 = load(x, x0 + i);
      sum00 = a.fma(v0, sum00);
      sum01 = b.fma(v0, sum01);
      FloatVector v1 = load(x, x1 + i);
      sum10 = a.fma(v1, sum10);
      sum11 = b.fma(v1, sum11);
      FloatVector v2 = load(x, x2 + i);
      sum20 = a.fma(v2, sum20);
      sum21 = b.fma(v2, sum21);
      FloatVector v3 = load(x, x3 + i);
      sum30 = a.fma(v3, sum30);
      sum31 = b.fma(v3, sum31);
    }
    out[outAt] = Lanes.sum(sum00) + tail(w, w0, x, x0, end, k);
    out[outAt + lastRow] = Lanes.sum(sum01) + tail(w, w1, x, x0, end, k);
    int out1 = outAt + outStride;
    out[out1] = Lanes.sum(sum10) + tail(w, w0, x, x1, end, k);
    out[out1 + lastRow] = Lanes.sum(sum11) + tail(w, w1, x, x1, end, k);
    int out2 = out1 + outStride;
    out[out2] = Lanes.sum(sum20) + tail(w, w0, x, x2, end, k);
    out[out2 + lastRow] = Lanes.sum(sum21) + tail(w, w1, x, x2, end, k);
    int out3 = out2 + outStride;
    out[out3] = Lanes.sum(sum30) + tail(w, w0, x, x3, end, k);
    out[out3 + lastRow] = Lanes.sum(sum31) + tail(w, w1, x, x3, end, k);
  }

  /** One activation row by four weight rows, of which the last is row {@code lastRow}. */
  static void oneByFour(
      float[] w, int w0, int lastRow, float[] x, int xAt, int k, float[] out, int outAt) {
    int row1 = Math.min(1, lastRow);
    int row2 = Math.min(2, lastRow);
    int row3 = Math.min(3, lastRow);
    int w1 = w0 + row1 * k;
    int w2 = w0 + row2 * k;
    int w3 = w0 + row3 * k;
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int end = FLOATS.loopBound(k);
    for (int i = 0; i < end; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = load(w, w0 + i).fma(v, sum0);
      sum1 = load(w, w1 + i).fma(v, sum1);
      sum2 = load(w, w2 + i).fma(v, sum2);
      sum3 = load(w, w3 + i).fma(v, sum3);
    }
    out[outAt] = Lanes.sum(sum0) + tail(w, w0, x, xAt, end, k);
    out[outAt + row1] = Lanes.sum(sum1) + tail(w, w1, x, xAt, end, k);
    out[outAt + row2] = Lanes.sum(sum2) + tail(w, w2, x, xAt, end, k);
    out[outAt + row3] = Lanes.sum(sum3) + tail(w, w3, x, xAt, end, k);
  }

  private static float tail(float[] w, int wAt, float[] x, int xAt, int from, int k) {
    float sum = 0;
    for (int i = from; i < k; i++) {
      sum = Math.fma(w[wAt + i], x[xAt + i], sum);
    }
    return sum;
  }
}
