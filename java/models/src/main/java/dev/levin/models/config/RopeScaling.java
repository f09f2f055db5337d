package dev.levin.models.config;

/**
 * How rope frequencies are changed for contexts beyond the trained one. Values as in config files.
 */
public sealed interface RopeScaling {
  record None() implements RopeScaling {}

  /** All frequencies divided by the factor. */
  record Linear(double factor) implements RopeScaling {}

  /** NTK-aware base change once the context exceeds the trained one. */
  record Dynamic(double factor, int originalContext) implements RopeScaling {}

  /**
   * YaRN (Peng et al. 2023).
   *
   * @param attentionFactor factor on cosines and sines
   * @param truncate round the ramp's ends to whole dimensions
   */
  record Yarn(
      double factor,
      int originalContext,
      double betaFast,
      double betaSlow,
      double attentionFactor,
      boolean truncate)
      implements RopeScaling {}

  /** Llama 3.1: long wavelengths divided, short ones kept, a ramp between. */
  record Llama3(double factor, double lowFactor, double highFactor, int originalContext)
      implements RopeScaling {}

  /** LongRoPE: one divisor per frequency, another set beyond the original context. */
  record LongRope(
      double[] shortFactors, double[] longFactors, double attentionFactor, int originalContext)
      implements RopeScaling {}

  /** Divisors computed by whoever wrote the file (GGUF's rope_freqs). */
  record Divisors(double[] factors) implements RopeScaling {}
}
