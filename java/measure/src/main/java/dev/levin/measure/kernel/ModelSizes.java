package dev.levin.measure.kernel;

import java.util.Arrays;
import java.util.Locale;

/**
 * Sizes of real models.
 *
 * @param hidden C
 * @param intermediate F
 * @param heads H
 * @param kvHeads Hkv
 * @param headDim D
 * @param vocabulary V
 * @param mixture experts, or null for a model without
 * @param latent multi-head latent attention, or null
 * @param stateSpace Mamba-2 layers, or null
 */
record ModelSizes(
    String name,
    int hidden,
    int intermediate,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    Mixture mixture,
    Latent latent,
    StateSpace stateSpace) {

  /** E experts of which k run, each F wide. */
  record Mixture(int experts, int chosen, int intermediate) {}

  /** Heads whose keys are folded into a cache of this rank. */
  record Latent(int nopeDim, int rank) {}

  /** H heads of P values, G groups, states of N, a convolution over W tokens. */
  record StateSpace(int heads, int headDim, int groups, int stateSize, int convWidth) {}

  private static final ModelSizes[] ALL = {
    dense("llama-1b", 2048, 8192, 32, 8, 64, 128256),
    dense("llama-3b", 3072, 8192, 24, 8, 128, 128256),
    dense("llama-8b", 4096, 14336, 32, 8, 128, 128256),
    dense("qwen3-0.6b", 1024, 3072, 16, 8, 128, 151936),
    new ModelSizes(
        "qwen3-30b-a3b", 2048, 0, 32, 4, 128, 151936, new Mixture(128, 8, 768), null, null),
    new ModelSizes(
        "deepseek-v2-lite",
        2048,
        10944,
        16,
        0,
        0,
        102400,
        new Mixture(64, 6, 1408),
        new Latent(128, 512),
        null),
    new ModelSizes(
        "mamba2-370m", 1024, 0, 0, 0, 0, 50288, null, null, new StateSpace(32, 64, 1, 128, 4)),
    new ModelSizes(
        "tiny", 256, 512, 4, 2, 64, 1024, new Mixture(4, 2, 64), new Latent(32, 64), tinyState()),
  };

  private static StateSpace tinyState() {
    return new StateSpace(4, 16, 1, 16, 4);
  }

  private static ModelSizes dense(
      String name,
      int hidden,
      int intermediate,
      int heads,
      int kvHeads,
      int headDim,
      int vocabulary) {
    return new ModelSizes(
        name, hidden, intermediate, heads, kvHeads, headDim, vocabulary, null, null, null);
  }

  static ModelSizes of(String name) {
    for (ModelSizes sizes : ALL) {
      if (sizes.name.equals(name.toLowerCase(Locale.ROOT))) {
        return sizes;
      }
    }
    throw new IllegalArgumentException(
        "no model shapes '%s'; there are %s"
            .formatted(name, Arrays.stream(ALL).map(ModelSizes::name).toList()));
  }
}
