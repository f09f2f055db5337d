package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.TileDots.LANES_OF_ROW;
import static dev.levin.cpu.vector.TileDots.PIECE;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import dev.levin.cpu.Gemm;
import dev.levin.cpu.MatrixKernels;
import dev.levin.cpu.PanelKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Dot products in float32. Lane i of a product's one accumulator sums the elements at i, i + lanes,
 * i + 2 lanes, ..., each by a fused multiply-add; the elements that fill no vector are summed
 * beside it and added last. {@link PairDots}, {@link TileDots} and {@link PanelDots} keep to this.
 */
final class VectorMatrix implements MatrixKernels {
  /** Processors with 512-bit vectors have 32 of them, others 16. */
  private static final boolean MANY_REGISTERS = COUNT == 16;

  private final GemmTable table;
  private final PanelKernels panels = PanelDots.FASTER ? new PanelDots() : null;

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
      int weightStride,
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
      fourTokens(
          weights,
          weightsAt,
          weightStride,
          rows,
          x,
          xOffsets,
          i,
          k,
          out,
          target,
          outStride,
          scratch);
    }
    for (; i < to; i++) {
      int target = outAt + (i - from) * outStride;
      oneToken(weights, weightsAt, weightStride, rows, x, xOffsets, i, k, out, target, scratch);
    }
  }

  @Override
  public PanelKernels panels() {
    return panels;
  }

  /** Goes along K in pieces, so that the activations stay in the level-1 cache for all rows. */
  private static void fourTokens(
      float[] w,
      int wAt,
      int stride,
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
        int row = wAt + r * stride;
        TileDots.fourByFour(w, row, stride, x, xOffsets, i, from, to, start, startAt, lanes, at);
      }
      for (int r = wide; r < rows; r += 2) {
        int at = r * LANES_OF_ROW;
        int startAt = from == 0 ? 0 : at;
        int row = wAt + r * stride;
        int next = r + 1 < rows ? stride : 0;
        TileDots.fourByTwo(w, row, next, x, xOffsets, i, from, to, start, startAt, lanes, at);
      }
    }
    if (end == 0) {
      Arrays.fill(lanes, 0, (rows + 1) * LANES_OF_ROW, 0f);
    }
    for (int r = 0; r < rows; ) {
      int width = r < wide ? 4 : 2;
      int count = Math.min(width, rows - r);
      int at = r * LANES_OF_ROW;
      int target = outAt + r;
      TileDots.fold(lanes, at, 4, width, count, out, target, outStride);
      if (end < k) {
        TileDots.addTails(
            w, wAt + r * stride, stride, count, x, xOffsets, i, 4, end, k, out, target, outStride);
      }
      r += width;
    }
  }

  private static void oneToken(
      float[] w,
      int wAt,
      int stride,
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
      int row = wAt + r * stride;
      int count = Math.min(4, rows - r);
      TileDots.oneByFour(w, row, stride, count - 1, x, xOffsets[i], end, lanes);
      TileDots.fold(lanes, 0, 1, 4, count, out, outAt + r, 0);
      if (end < k) {
        TileDots.addTails(w, row, stride, count, x, xOffsets, i, 1, end, k, out, outAt + r, 0);
      }
    }
  }
}
