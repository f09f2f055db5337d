package dev.levin.cpu;

/**
 * How encoded weights are multiplied. Vector kernels take a format without kernels of the way asked
 * for by {@link #FMA}; native ones multiply integers, except where {@link #LUT} is asked for and
 * there are tables for the format.
 */
public enum Gemm {
  /** What was measured to be fastest for the format. */
  AUTO,
  /** Weights become floats and are multiplied by the activations as they are. */
  FMA,
  /** Activations are rounded to integers and multiplied by the integers that weights consist of. */
  INT8,
  /**
   * Products of activations with all codes are looked up in tables. Vector kernels of 512 bits do
   * so for TQ1_0, TQ2_0 and I2_S, from a copy of the weights that they make at their first use,
   * nearly as large as TQ2_0; native ones for TQ2_0 and I2_S as they lie.
   */
  LUT
}
