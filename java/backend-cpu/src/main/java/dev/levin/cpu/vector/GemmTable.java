package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;
import dev.levin.cpu.Gemm;

/**
 * Which kernels multiply rows of a dtype: the one place that knows what {@code levin.cpu.gemm}
 * stands for. The choice is a function of the dtype alone, so that a product has the same bits in
 * prefill and decode.
 */
final class GemmTable {
  private final EncodedKernels integers = new IntegerKernels();
  private final EncodedKernels blocks = new BlockKernels();
  private final EncodedKernels lookups = new LookupKernels();
  private final EncodedKernels[] kernels = new EncodedKernels[DType.values().length];

  GemmTable(Gemm gemm) {
    for (DType dtype : DType.values()) {
      kernels[dtype.ordinal()] = choose(dtype, gemm);
    }
  }

  /** The kernels for rows of this dtype, or null for those that decode to floats. */
  EncodedKernels of(DType dtype) {
    return kernels[dtype.ordinal()];
  }

  private EncodedKernels choose(DType dtype, Gemm gemm) {
    return switch (gemm) {
      case FMA -> null;
      case LUT -> TernaryRows.covers(dtype) && Pairs.wide() ? lookups : null;
      // Faster at single tokens for every format that has them.
      case AUTO, INT8 -> integers(dtype);
    };
  }

  private EncodedKernels integers(DType dtype) {
    if (BlockFormat.of(dtype) != null) {
      return blocks;
    }
    return IntegerFormat.of(dtype) == null ? null : integers;
  }
}
