package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.load;
import static dev.levin.cpu.vector.TileDots.LANES_OF_ROW;
import static dev.levin.cpu.vector.TileDots.PIECE;

import dev.levin.cpu.PanelKernels;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** Tiles of panels: eight sums, which leave sixteen registers room for what they are made of. */
final class PanelDots implements PanelKernels {
  /** Whether tiles of panels outrun {@link TileDots}: for vectors that have few registers. */
  static final boolean FASTER = COUNT < 16;

  @Override
  public void pack(float[] source, int from, int k, float[] panel, int at, int row, int rows) {
    int end = FLOATS.loopBound(k);
    int to = at + row * COUNT;
    for (int e = 0; e < end; e += COUNT) {
      load(source, from + e).intoArray(panel, to + rows * e);
    }
    int rest = k - end;
    System.arraycopy(source, from + end, panel, at + rows * end + row * rest, rest);
  }

  @Override
  public void dot(
      float[] weights,
      int weightRows,
      float[] x,
      int xAt,
      int xRows,
      int k,
      float[] out,
      int outAt,
      int outStride,
      float[] scratch) {
    int end = FLOATS.loopBound(k);
    Arrays.fill(scratch, 0, (weightRows + 1) * LANES_OF_ROW, 0f);
    for (int from = 0; from < end; from += PIECE) {
      int vectors = (Math.min(end, from + PIECE) - from) / COUNT;
      int xFrom = xAt + xRows * from;
      for (int r = 0; r < weightRows; r += WEIGHT_ROWS) {
        int wFrom = r * k + WEIGHT_ROWS * from;
        if (xRows == X_ROWS) {
          fourByTwo(weights, wFrom, x, xFrom, vectors, scratch, r * LANES_OF_ROW);
        } else {
          oneByTwo(weights, wFrom, x, xFrom, vectors, scratch, r * LANES_OF_ROW);
        }
      }
    }
    for (int r = 0; r < weightRows; r += WEIGHT_ROWS) {
      int count = Math.min(WEIGHT_ROWS, weightRows - r);
      int sums = r * LANES_OF_ROW;
      TileDots.fold(scratch, sums, xRows, WEIGHT_ROWS, count, out, outAt + r, outStride);
      if (end < k) {
        addTails(weights, r * k, count, x, xAt, xRows, end, k, out, outAt + r, outStride);
      }
    }
  }

  private static void fourByTwo(
      float[] w, int wAt, float[] x, int xAt, int vectors, float[] lanes, int at) {
    FloatVector sum00 = load(lanes, at);
    FloatVector sum01 = load(lanes, at + COUNT);
    FloatVector sum10 = load(lanes, at + 2 * COUNT);
    FloatVector sum11 = load(lanes, at + 3 * COUNT);
    FloatVector sum20 = load(lanes, at + 4 * COUNT);
    FloatVector sum21 = load(lanes, at + 5 * COUNT);
    FloatVector sum30 = load(lanes, at + 6 * COUNT);
    FloatVector sum31 = load(lanes, at + 7 * COUNT);
    for (int i = 0; i < vectors; i++) {
      int wi = wAt + 2 * COUNT * i;
      int xi = xAt + 4 * COUNT * i;
      FloatVector a = load(w, wi);
      FloatVector b = load(w, wi + COUNT);
      FloatVector v = load(x, xi);
      sum00 = a.fma(v, sum00);
      sum01 = b.fma(v, sum01);
      v = load(x, xi + COUNT);
      sum10 = a.fma(v, sum10);
      sum11 = b.fma(v, sum11);
      v = load(x, xi + 2 * COUNT);
      sum20 = a.fma(v, sum20);
      sum21 = b.fma(v, sum21);
      v = load(x, xi + 3 * COUNT);
      sum30 = a.fma(v, sum30);
      sum31 = b.fma(v, sum31);
    }
    sum00.intoArray(lanes, at);
    sum01.intoArray(lanes, at + COUNT);
    sum10.intoArray(lanes, at + 2 * COUNT);
    sum11.intoArray(lanes, at + 3 * COUNT);
    sum20.intoArray(lanes, at + 4 * COUNT);
    sum21.intoArray(lanes, at + 5 * COUNT);
    sum30.intoArray(lanes, at + 6 * COUNT);
    sum31.intoArray(lanes, at + 7 * COUNT);
  }

  private static void oneByTwo(
      float[] w, int wAt, float[] x, int xAt, int vectors, float[] lanes, int at) {
    FloatVector sum0 = load(lanes, at);
    FloatVector sum1 = load(lanes, at + COUNT);
    for (int i = 0; i < vectors; i++) {
      int wi = wAt + 2 * COUNT * i;
      FloatVector v = load(x, xAt + COUNT * i);
      sum0 = load(w, wi).fma(v, sum0);
      sum1 = load(w, wi + COUNT).fma(v, sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }

  /** Adds the products of the elements from {@code end} on, which filled no vector. */
  private static void addTails(
      float[] w,
      int wAt,
      int wRows,
      float[] x,
      int xAt,
      int xRows,
      int end,
      int k,
      float[] out,
      int outAt,
      int outStride) {
    int rest = k - end;
    for (int i = 0; i < xRows; i++) {
      int xFrom = xAt + xRows * end + i * rest;
      for (int j = 0; j < wRows; j++) {
        int wFrom = wAt + WEIGHT_ROWS * end + j * rest;
        float sum = 0;
        for (int e = 0; e < rest; e++) {
          sum = Math.fma(w[wFrom + e], x[xFrom + e], sum);
        }
        out[outAt + i * outStride + j] += sum;
      }
    }
  }
}
