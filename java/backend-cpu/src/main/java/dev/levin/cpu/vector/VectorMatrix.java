package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;

import dev.levin.core.DType;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import dev.levin.cpu.MatrixKernels;
import java.lang.foreign.MemorySegment;

/**
 * Dot products in float32. Lane i of a product's one accumulator sums the elements at i, i + lanes,
 * i + 2 lanes, ..., each by a fused multiply-add; the elements that fill no vector are summed
 * beside it and added last. {@link RowDots} and {@link TileDots} both keep to this.
 */
final class VectorMatrix implements MatrixKernels {
  /** Processors with 512-bit vectors have 32 of them, enough for sixteen sums. */
  private static final boolean MANY_REGISTERS = COUNT == 16;

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
      int outStride) {
    float[] lanes = new float[TileDots.MOST_SUMS * COUNT];
    int i = from;
    for (; i + 4 <= to; i += 4) {
      int target = outAt + (i - from) * outStride;
      int r = 0;
      for (; MANY_REGISTERS && r + 4 <= rows; r += 4) {
        int w = weightsAt + r * k;
        TileDots.fourByFour(weights, w, x, xOffsets, i, k, lanes);
        TileDots.finish(lanes, 4, weights, w, 4, x, xOffsets, i, 4, k, out, target + r, outStride);
      }
      for (; r < rows; r += 2) {
        int w = weightsAt + r * k;
        int count = Math.min(2, rows - r);
        TileDots.fourByTwo(weights, w, count - 1, x, xOffsets, i, k, lanes);
        TileDots.finish(
            lanes, 2, weights, w, count, x, xOffsets, i, 4, k, out, target + r, outStride);
      }
    }
    for (; i < to; i++) {
      int target = outAt + (i - from) * outStride;
      for (int r = 0; r < rows; r += 4) {
        int w = weightsAt + r * k;
        int count = Math.min(4, rows - r);
        TileDots.oneByFour(weights, w, count - 1, x, xOffsets, i, k, lanes);
        TileDots.finish(
            lanes, 4, weights, w, count, x, xOffsets, i, 1, k, out, target + r, outStride);
      }
    }
  }
}
