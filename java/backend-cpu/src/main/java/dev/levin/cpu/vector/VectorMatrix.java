package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;

import dev.levin.core.DType;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import dev.levin.cpu.MatrixKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Dot products in float32. Lane i of a product's one accumulator sums the elements at i, i + lanes,
 * i + 2 lanes, ..., each by a fused multiply-add; the elements that fill no vector are summed
 * beside it and added last. {@link RowDots} and {@link TileDots} both keep to this.
 */
final class VectorMatrix implements MatrixKernels {
  /** Processors with 512-bit vectors have 32 of them, enough for sixteen sums. */
  private static final boolean MANY_REGISTERS = COUNT == 16;

  /** Elements of a row taken at a time: four rows of them fill half a level-1 cache. */
  private static final int PIECE = 1024;

  /** Floats in the accumulators of one weight row, four activation rows deep. */
  private static final int LANES_OF_ROW = 4 * COUNT;

  private static final BlockCodec F16 = Codecs.of(DType.F16);
  private static final BlockCodec BF16 = Codecs.of(DType.BF16);

  @Override
  public boolean readsInPlace(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, Q8_0, Q4_0 -> true;
      default -> false;
    };
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
    int last = rows - 1;
    for (int r = 0; r < rows; r += 4) {
      long row0 = at + r * rowStride;
      long row1 = at + Math.min(r + 1, last) * rowStride;
      long row2 = at + Math.min(r + 2, last) * rowStride;
      long row3 = at + Math.min(r + 3, last) * rowStride;
      int target = outAt + r;
      dotFour(dtype, weight, row0, row1, row2, row3, x, xAt, k, out, target);
      out[target] += tail(dtype, weight, row0, x, xAt, k);
      out[target + 1] += tail(dtype, weight, row1, x, xAt, k);
      out[target + 2] += tail(dtype, weight, row2, x, xAt, k);
      out[target + 3] += tail(dtype, weight, row3, x, xAt, k);
    }
  }

  private static void dotFour(
      DType dtype,
      MemorySegment weight,
      long row0,
      long row1,
      long row2,
      long row3,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt) {
    switch (dtype) {
      case F32 -> RowDots.f32(weight, row0, row1, row2, row3, x, xAt, k, out, outAt);
      case F16 -> {
        RowDots.f16(weight, row0, row1, x, xAt, k, out, outAt);
        RowDots.f16(weight, row2, row3, x, xAt, k, out, outAt + 2);
      }
      case BF16 -> RowDots.bf16(weight, row0, row1, row2, row3, x, xAt, k, out, outAt);
      case Q8_0 -> RowDots.q8(weight, row0, row1, row2, row3, x, xAt, k, out, outAt);
      case Q4_0 -> {
        RowDots.q4(weight, row0, row1, x, xAt, k, out, outAt);
        RowDots.q4(weight, row2, row3, x, xAt, k, out, outAt + 2);
      }
      default -> throw new IllegalArgumentException(dtype + " is not read in place");
    }
  }

  private static float tail(DType dtype, MemorySegment weight, long at, float[] x, int xAt, int k) {
    float sum = 0;
    for (int i = FLOATS.loopBound(k); i < k; i++) {
      sum = Math.fma(Widen.element(dtype, weight, at, i), x[xAt + i], sum);
    }
    return sum;
  }

  @Override
  public void decode(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    switch (dtype) {
      case F16 -> decodeF16(source, at, target, to, count);
      case BF16 -> decodeBf16(source, at, target, to, count);
      case Q8_0 -> decodeQ8(source, at, target, to, count);
      case Q4_0 -> decodeQ4(source, at, target, to, count);
      default -> Codecs.of(dtype).decode(source, at, target, to, count);
    }
  }

  private static void decodeF16(MemorySegment source, long at, float[] target, int to, int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      Widen.f16(source, at + 2L * i).intoArray(target, to + i);
    }
    F16.decode(source, at + 2L * i, target, to + i, count - i);
  }

  private static void decodeBf16(MemorySegment source, long at, float[] target, int to, int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      Widen.bf16(source, at + 2L * i).intoArray(target, to + i);
    }
    BF16.decode(source, at + 2L * i, target, to + i, count - i);
  }

  private static void decodeQ8(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / Widen.BLOCK; b++) {
      long block = at + (long) b * Widen.Q8_0_BYTES;
      float scale = Widen.scale(source, block);
      for (int i = 0; i < Widen.BLOCK; i += COUNT) {
        Widen.q8(source, block, i).mul(scale).intoArray(target, to + b * Widen.BLOCK + i);
      }
    }
  }

  private static void decodeQ4(MemorySegment source, long at, float[] target, int to, int count) {
    for (int b = 0; b < count / Widen.BLOCK; b++) {
      long block = at + (long) b * Widen.Q4_0_BYTES;
      float scale = Widen.scale(source, block);
      int first = to + b * Widen.BLOCK;
      for (int i = 0; i < Widen.BLOCK / 2; i += COUNT) {
        Widen.q4Low(source, block, i).mul(scale).intoArray(target, first + i);
        Widen.q4High(source, block, i).mul(scale).intoArray(target, first + Widen.BLOCK / 2 + i);
      }
    }
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
      Arrays.fill(lanes, 0, rows * LANES_OF_ROW, 0f);
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
