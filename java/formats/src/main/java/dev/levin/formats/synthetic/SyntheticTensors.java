package dev.levin.formats.synthetic;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Random contents of single tensors, as {@link SyntheticModel} has them. */
public final class SyntheticTensors {
  private SyntheticTensors() {}

  /** Whether there are random weights of this type. */
  public static boolean supports(DType dtype) {
    return RandomWeights.supports(dtype);
  }

  /**
   * Fills whole blocks with finite values centred on zero.
   *
   * @param spread root mean square of the values
   * @throws IllegalArgumentException for a type that is not supported
   */
  public static void fill(DType dtype, double spread, long seed, MemorySegment target) {
    new RandomWeights(dtype, spread, seed).fill(0, target);
  }
}
