package dev.levin.cpu.nativetwin;

import dev.levin.cpu.Gemm;
import dev.levin.cpu.KernelTable;

/**
 * The native twins: matrix products and attention of their own, every other kernel from another
 * table.
 */
public final class NativeKernels {
  /** Name of the table. */
  public static final String NAME = "native";

  private NativeKernels() {}

  /**
   * The native kernels over those that run what they lack. The library must be loaded.
   *
   * @param base the vector or the scalar kernels
   * @param gemm {@link Gemm#LUT} for products by lookup where there are kernels for it
   */
  public static KernelTable table(KernelTable base, Gemm gemm) {
    return new KernelTable(
        NAME,
        base.vectorBits(),
        base.rows(),
        new NativeMatrix(base.matrix(), gemm),
        new NativeAttention(base.attention()),
        base.state());
  }
}
