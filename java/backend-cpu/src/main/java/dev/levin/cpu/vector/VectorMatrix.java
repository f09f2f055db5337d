package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import dev.levin.cpu.Gemm;
import dev.levin.cpu.MatrixKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Dot products in float32. Lane i of a product's one accumulator sums the elements at i, i + lanes,
 * i + 2 lanes, ..., each by a fused multiply-add; the elements that fill no vector are summed
 * beside it and added last. {@link PairDots} and {@link TileDots} both keep to this.
 */
final class VectorMatrix implements MatrixKernels {
  /** Processors with 512-bit vectors have 32 of them, enough for sixteen sums. */
  private static final boolean MANY_REGISTERS = COUNT == 16;

  /** Elements of a row taken at a time: four rows of them fill half a level-1 cache. */
  private static final int PIECE = 1024;

  /** Floats in the accumulators of one weight row, four activation rows deep. */
  private static final int LANES_OF_ROW = 4 * COUNT;

  private final GemmTable table;

  VectorMatrix(Gemm gemm) {
    table = new GemmTable(gemm);
  }

  @Override
  public EncodedKernels encoded(DType dtype) {
    return table.of(dtype);
  }

  @Override
  public boolean readsInPlace(DType dtype) {
    return PairDots.covers(dtype);
  }

  @Override
  public void dotRows(
      DType dtype,
      MemorySegment weight,
      long at,
      long rowStride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    PairDots.of(dtype).dot(weight, at, rowStride, rows, x, xAt, k, out, outAt);
    if (FLOATS.loopBound(k) < k) {
      addTails(dtype, weight, at, rowStride, rows, x, xAt, k, out, outAt);
    }
  }

  private static void addTails(
      DType dtype,
      MemorySegment weight,
      long at,
      long rowStride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    for (int r = 0; r < rows; r++) {
      float sum = 0;
      for (int i = FLOATS.loopBound(k); i < k; i++) {
        sum = Math.fma(Widen.element(dtype, weight, at + r * rowStride, i), x[xAt + i], sum);
      }
      out[outAt + r] += sum;
    }
  }

  @Override
  public void decode(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    RowDecoders.decode(dtype, source, at, target, to, count);
  }

  @Override
  public void dotTile(
      float[] weights,
      int weightsAt,
      int rows,
      float[] x,
      int[] xOffsets,
      int from,
      int to,
      int k,
      float[] out,
      int outAt,
      int outStride,
      float[] scratch) {
    int i = from;
    for (; i + 4 <= to; i += 4) {
      int target = outAt + (i - from) * outStride;
      fourTokens(weights, weightsAt, rows, x, xOffsets, i, k, out, target, outStride, scratch);
    }
    for (; i < to; i++) {
      int target = outAt + (i - from) * outStride;
      oneToken(weights, weightsAt, rows, x, xOffsets, i, k, out, target, scratch);
    }
  }

  /** Goes along K in pieces, so that the activations stay in the level-1 cache for all rows. */
  private static void fourTokens(
      float[] w,
      int wAt,
      int rows,
      float[] x,
      int[] xOffsets,
      int i,
      int k,
      float[] out,
      int outAt,
      int outStride,
      float[] lanes) {
    int end = FLOATS.loopBound(k);
    int wide = MANY_REGISTERS ? rows & ~3 : 0;
    for (int from = 0; from < end; from += PIECE) {
      int to = Math.min(end, from + PIECE);
      float[] start = from == 0 ? TileDots.ZEROS : lanes;
      for (int r = 0; r < wide; r += 4) {
        int at = r * LANES_OF_ROW;
        int startAt = from == 0 ? 0 : at;
        int row = wAt + r * k;
        TileDots.fourByFour(w, row, x, xOffsets, i, k, from, to, start, startAt, lanes, at);
      }
      for (int r = wide; r < rows; r += 2) {
        int at = r * LANES_OF_ROW;
        int startAt = from == 0 ? 0 : at;
        int row = wAt + r * k;
        int last = Math.min(1, rows - 1 - r);
        TileDots.fourByTwo(w, row, last, x, xOffsets, i, k, from, to, start, startAt, lanes, at);
      }
    }
    if (end == 0) {
      int inTiles = rows + (rows & 1);
      Arrays.fill(lanes, 0, inTiles * LANES_OF_ROW, 0f);
    }
    for (int r = 0; r < rows; ) {
      int width = r < wide ? 4 : 2;
      int count = Math.min(width, rows - r);
      TileDots.finish(
          lanes,
          r * LANES_OF_ROW,
          width,
          w,
          wAt + r * k,
          count,
          x,
          xOffsets,
          i,
          4,
          k,
          out,
          outAt + r,
          outStride);
      r += width;
    }
  }

  private static void oneToken(
      float[] w,
      int wAt,
      int rows,
      float[] x,
      int[] xOffsets,
      int i,
      int k,
      float[] out,
      int outAt,
      float[] lanes) {
    int end = FLOATS.loopBound(k);
    for (int r = 0; r < rows; r += 4) {
      int row = wAt + r * k;
      int count = Math.min(4, rows - r);
      TileDots.oneByFour(w, row, count - 1, x, xOffsets, i, k, 0, end, TileDots.ZEROS, 0, lanes, 0);
      TileDots.finish(lanes, 0, 4, w, row, count, x, xOffsets, i, 1, k, out, outAt + r, 0);
    }
  }
}
