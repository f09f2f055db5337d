package dev.levin.cpu.nativetwin;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import dev.levin.cpu.Gemm;
import dev.levin.cpu.MatrixKernels;
import dev.levin.cpu.PanelKernels;
import java.lang.foreign.MemorySegment;

/** Multiplies encoded weights natively; dtypes without a native kernel go to the base kernels. */
final class NativeMatrix implements MatrixKernels {
  private final MatrixKernels base;
  private final NativeEncoded encoded;

  NativeMatrix(MatrixKernels base, Gemm gemm) {
    this.base = base;
    encoded = new NativeEncoded(gemm);
  }

  @Override
  public EncodedKernels encoded(DType dtype) {
    return encoded.multiplies(dtype) ? encoded : base.encoded(dtype);
  }

  @Override
  public boolean readsInPlace(DType dtype) {
    return base.readsInPlace(dtype);
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
    base.dotRows(dtype, weight, at, rowStride, rows, x, xAt, k, out, outAt);
  }

  @Override
  public void decode(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    base.decode(dtype, source, at, target, to, count);
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
    base.dotTile(
        weights,
        weightsAt,
        weightStride,
        rows,
        x,
        xOffsets,
        from,
        to,
        k,
        out,
        outAt,
        outStride,
        scratch);
  }

  @Override
  public PanelKernels panels() {
    return base.panels();
  }
}
