package dev.levin.cpu.vector;

import dev.levin.cpu.Gemm;
import dev.levin.cpu.KernelTable;

/**
 * The Vector API twins. This package alone imports {@code jdk.incubator.vector}; it is loaded by
 * name once the module is known to be there.
 */
public final class VectorKernels {
  private VectorKernels() {}

  /**
   * The kernels at the configured width.
   *
   * @param gemm how encoded weights are multiplied
   * @throws IllegalArgumentException when {@code levin.cpu.vectorBits} is not a width
   */
  public static KernelTable table(Gemm gemm) {
    int bits = VectorWidth.bits();
    return new KernelTable(
        "vector",
        bits,
        new VectorRows(),
        new VectorMatrix(gemm),
        new VectorAttention(),
        new VectorState());
  }
}
