package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;

/** Activations rounded to integers, as {@link Pairs}, and the floats that they were. */
abstract class PairActivations implements EncodedKernels.Activations {
  DType dtype;
  int k;

  /** Units of a row; the last may be filled up with zeros. */
  int units;

  /** Bytes that kernels read past the end of a row. */
  int overrun;
}
