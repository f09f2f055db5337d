package dev.levin.cpu.scalar;

import dev.levin.core.DType;
import dev.levin.core.quant.Codecs;
import dev.levin.cpu.MatrixKernels;
import java.lang.foreign.MemorySegment;

/** Dot products in float64 over rows decoded by their codec. */
final class ScalarMatrix implements MatrixKernels {

  @Override
  public boolean readsInPlace(DType dtype) {
    return false;
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
    throw new UnsupportedOperationException("the scalar kernels read no dtype in place");
  }

  @Override
  public void decode(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    Codecs.of(dtype).decode(source, at, target, to, count);
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
    for (int i = from; i < to; i++) {
      int target = outAt + (i - from) * outStride;
      for (int r = 0; r < rows; r++) {
        out[target + r] = dot(weights, weightsAt + r * weightStride, x, xOffsets[i], k);
      }
    }
  }

  /** Four chains, because one would wait for each addition to finish. */
  private static float dot(float[] a, int aAt, float[] b, int bAt, int k) {
    double sum0 = 0;
    double sum1 = 0;
    double sum2 = 0;
    double sum3 = 0;
    int i = 0;
    for (; i + 3 < k; i += 4) {
      sum0 += (double) a[aAt + i] * b[bAt + i];
      sum1 += (double) a[aAt + i + 1] * b[bAt + i + 1];
      sum2 += (double) a[aAt + i + 2] * b[bAt + i + 2];
      sum3 += (double) a[aAt + i + 3] * b[bAt + i + 3];
    }
    for (; i < k; i++) {
      sum0 += (double) a[aAt + i] * b[bAt + i];
    }
    return (float) ((sum0 + sum1) + (sum2 + sum3));
  }
}
