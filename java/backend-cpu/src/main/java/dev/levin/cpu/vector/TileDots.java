package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Sums of several products at once, so that each load serves several multiply-adds.
 *
 * <p>A tile covers the elements [from, to) of its rows. Its accumulators, activation rows
 * outermost, begin with what {@code start} holds and are left in {@code lanes}, so a long row can
 * be taken in pieces without a change of bits. {@link #fold} adds them up: in the tile, folding
 * would make it too large for the compiler to inline what it is made of.
 */
final class TileDots {
  /** Elements of a row taken at a time: four rows of them fill half a level-1 cache of 32 KiB. */
  static final int PIECE = 1024;

  /** Floats in the accumulators of one weight row, four activation rows deep. */
  static final int LANES_OF_ROW = 4 * COUNT;

  /** Accumulators that a product starts with, for the largest tile. */
  static final float[] ZEROS = new float[16 * COUNT];

  private TileDots() {}

  /** Four activation rows by four weight rows, for processors with enough registers. */
  static void fourByFour(
      float[] w,
      int w0,
      int stride,
      float[] x,
      int[] xOffsets,
      int firstX,
      int from,
      int to,
      float[] start,
      int startAt,
      float[] lanes,
      int lanesAt) {
    int w1 = w0 + stride;
    int w2 = w1 + stride;
    int w3 = w2 + stride;
    int x0 = xOffsets[firstX];
    int x1 = xOffsets[firstX + 1];
    int x2 = xOffsets[firstX + 2];
    int x3 = xOffsets[firstX + 3];
    FloatVector sum00 = load(start, startAt);
    FloatVector sum01 = load(start, startAt + COUNT);
    FloatVector sum02 = load(start, startAt + 2 * COUNT);
    FloatVector sum03 = load(start, startAt + 3 * COUNT);
    FloatVector sum10 = load(start, startAt + 4 * COUNT);
    FloatVector sum11 = load(start, startAt + 5 * COUNT);
    FloatVector sum12 = load(start, startAt + 6 * COUNT);
    FloatVector sum13 = load(start, startAt + 7 * COUNT);
    FloatVector sum20 = load(start, startAt + 8 * COUNT);
    FloatVector sum21 = load(start, startAt + 9 * COUNT);
    FloatVector sum22 = load(start, startAt + 10 * COUNT);
    FloatVector sum23 = load(start, startAt + 11 * COUNT);
    FloatVector sum30 = load(start, startAt + 12 * COUNT);
    FloatVector sum31 = load(start, startAt + 13 * COUNT);
    FloatVector sum32 = load(start, startAt + 14 * COUNT);
    FloatVector sum33 = load(start, startAt + 15 * COUNT);
    for (int i = from; i < to; i += COUNT) {
      FloatVector a = load(w, w0 + i);
      FloatVector b = load(w, w1 + i);
      FloatVector c = load(w, w2 + i);
      FloatVector d = load(w, w3 + i);
      FloatVector v0 = load(x, x0 + i);
      sum00 = a.fma(v0, sum00);
      sum01 = b.fma(v0, sum01);
      sum02 = c.fma(v0, sum02);
      sum03 = d.fma(v0, sum03);
      FloatVector v1 = load(x, x1 + i);
      sum10 = a.fma(v1, sum10);
      sum11 = b.fma(v1, sum11);
      sum12 = c.fma(v1, sum12);
      sum13 = d.fma(v1, sum13);
      FloatVector v2 = load(x, x2 + i);
      sum20 = a.fma(v2, sum20);
      sum21 = b.fma(v2, sum21);
      sum22 = c.fma(v2, sum22);
      sum23 = d.fma(v2, sum23);
      FloatVector v3 = load(x, x3 + i);
      sum30 = a.fma(v3, sum30);
      sum31 = b.fma(v3, sum31);
      sum32 = c.fma(v3, sum32);
      sum33 = d.fma(v3, sum33);
    }
    sum00.intoArray(lanes, lanesAt);
    sum01.intoArray(lanes, lanesAt + COUNT);
    sum02.intoArray(lanes, lanesAt + 2 * COUNT);
    sum03.intoArray(lanes, lanesAt + 3 * COUNT);
    sum10.intoArray(lanes, lanesAt + 4 * COUNT);
    sum11.intoArray(lanes, lanesAt + 5 * COUNT);
    sum12.intoArray(lanes, lanesAt + 6 * COUNT);
    sum13.intoArray(lanes, lanesAt + 7 * COUNT);
    sum20.intoArray(lanes, lanesAt + 8 * COUNT);
    sum21.intoArray(lanes, lanesAt + 9 * COUNT);
    sum22.intoArray(lanes, lanesAt + 10 * COUNT);
    sum23.intoArray(lanes, lanesAt + 11 * COUNT);
    sum30.intoArray(lanes, lanesAt + 12 * COUNT);
    sum31.intoArray(lanes, lanesAt + 13 * COUNT);
    sum32.intoArray(lanes, lanesAt + 14 * COUNT);
    sum33.intoArray(lanes, lanesAt + 15 * COUNT);
  }

  /** Four activation rows by two weight rows; the second is the first again if stride is 0. */
  static void fourByTwo(
      float[] w,
      int w0,
      int stride,
      float[] x,
      int[] xOffsets,
      int firstX,
      int from,
      int to,
      float[] start,
      int startAt,
      float[] lanes,
      int lanesAt) {
    int w1 = w0 + stride;
    int x0 = xOffsets[firstX];
    int x1 = xOffsets[firstX + 1];
    int x2 = xOffsets[firstX + 2];
    int x3 = xOffsets[firstX + 3];
    FloatVector sum00 = load(start, startAt);
    FloatVector sum01 = load(start, startAt + COUNT);
    FloatVector sum10 = load(start, startAt + 2 * COUNT);
    FloatVector sum11 = load(start, startAt + 3 * COUNT);
    FloatVector sum20 = load(start, startAt + 4 * COUNT);
    FloatVector sum21 = load(start, startAt + 5 * COUNT);
    FloatVector sum30 = load(start, startAt + 6 * COUNT);
    FloatVector sum31 = load(start, startAt + 7 * COUNT);
    for (int i = from; i < to; i += COUNT) {
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
    sum00.intoArray(lanes, lanesAt);
    sum01.intoArray(lanes, lanesAt + COUNT);
    sum10.intoArray(lanes, lanesAt + 2 * COUNT);
    sum11.intoArray(lanes, lanesAt + 3 * COUNT);
    sum20.intoArray(lanes, lanesAt + 4 * COUNT);
    sum21.intoArray(lanes, lanesAt + 5 * COUNT);
    sum30.intoArray(lanes, lanesAt + 6 * COUNT);
    sum31.intoArray(lanes, lanesAt + 7 * COUNT);
  }

  /**
   * One activation row by four weight rows up to element {@code to}, all of them; rows past {@code
   * last} are row {@code last} again.
   */
  static void oneByFour(
      float[] w, int w0, int stride, int last, float[] x, int xAt, int to, float[] lanes) {
    int w1 = w0 + Math.min(1, last) * stride;
    int w2 = w0 + Math.min(2, last) * stride;
    int w3 = w0 + Math.min(3, last) * stride;
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    for (int i = 0; i < to; i += COUNT) {
      FloatVector v = load(x, xAt + i);
      sum0 = load(w, w0 + i).fma(v, sum0);
      sum1 = load(w, w1 + i).fma(v, sum1);
      sum2 = load(w, w2 + i).fma(v, sum2);
      sum3 = load(w, w3 + i).fma(v, sum3);
    }
    sum0.intoArray(lanes, 0);
    sum1.intoArray(lanes, COUNT);
    sum2.intoArray(lanes, 2 * COUNT);
    sum3.intoArray(lanes, 3 * COUNT);
  }

  /**
   * Adds up the accumulators of a tile of {@code xRows} by {@code width}; they are lost.
   *
   * @param wRows weight rows that count, at most width
   */
  static void fold(
      float[] lanes,
      int lanesAt,
      int xRows,
      int width,
      int wRows,
      float[] out,
      int outAt,
      int outStride) {
    if (SixteenSums.AVAILABLE && xRows * width == SixteenSums.COUNT) {
      SixteenSums.fold(lanes, lanesAt);
      for (int i = 0; i < xRows; i++) {
        System.arraycopy(lanes, lanesAt + i * width, out, outAt + i * outStride, wRows);
      }
      return;
    }
    for (int i = 0; i < xRows; i++) {
      for (int j = 0; j < wRows; j++) {
        out[outAt + i * outStride + j] = Lanes.sum(load(lanes, lanesAt + (i * width + j) * COUNT));
      }
    }
  }

  /** Adds the products of the elements from {@code from} on, which filled no vector. */
  static void addTails(
      float[] w,
      int w0,
      int stride,
      int wRows,
      float[] x,
      int[] xOffsets,
      int firstX,
      int xRows,
      int from,
      int k,
      float[] out,
      int outAt,
      int outStride) {
    for (int i = 0; i < xRows; i++) {
      int xAt = xOffsets[firstX + i];
      for (int j = 0; j < wRows; j++) {
        int wAt = w0 + j * stride;
        float sum = 0;
        for (int e = from; e < k; e++) {
          sum = Math.fma(w[wAt + e], x[xAt + e], sum);
        }
        out[outAt + i * outStride + j] += sum;
      }
    }
  }
}
