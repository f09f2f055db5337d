package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.cpu.EncodedKernels;

/** Activations rounded to integers, as {@link Pairs}, and the floats that they were. */
abstract class PairActivations implements EncodedKernels.Activations {
  DType dtype;
  int k;

  /** Units of a row; the last may have zeros beside its values. */
  int units;

  /** Whether kernels may read rows where they lie, with nothing behind them but the overrun. */
  boolean inPlace;

  /** Bytes that kernels read past the end of a row. */
  int overrun;

  /** The rows as they were, one behind the other. */
  float[] floats = {};

  /** What remains to multiply the sums of a row by; NaN where it has infinite values or NaN. */
  float[] rowScales = {};
}
