package dev.levin.formats.synthetic;

import java.util.Arrays;
import java.util.Locale;

/**
 * The sizes of models that are worth generating.
 *
 * @param layers L
 * @param hiddenSize C, model width
 * @param intermediateSize F, width of the feed-forward network
 * @param queryHeads H
 * @param kvHeads Hkv
 * @param headDim D
 * @param vocabSize V
 * @param tied output weights are the token embedding
 * @param queryKeyNorm queries and keys are normalised per head
 * @param ropeFactor stretch of the low rotary frequencies (Llama 3), 1 for none
 */
record ModelShape(
    String name,
    String architecture,
    String preTokenizer,
    int layers,
    int hiddenSize,
    int intermediateSize,
    int queryHeads,
    int kvHeads,
    int headDim,
    int vocabSize,
    int contextLength,
    boolean tied,
    boolean queryKeyNorm,
    float ropeTheta,
    float ropeFactor,
    float normEpsilon) {

  private static final ModelShape[] ALL = {
    llama("llama-1b", 16, 2048, 8192, 32, 64, true, 32),
    llama("llama-3b", 28, 3072, 8192, 24, 128, true, 32),
    llama("llama-8b", 32, 4096, 14336, 32, 128, false, 8),
    new ModelShape(
        "qwen3-0.6b",
        "qwen3",
        "qwen2",
        28,
        1024,
        3072,
        16,
        8,
        128,
        151936,
        40960,
        true,
        true,
        1e6f,
        1,
        1e-6f),
    new ModelShape(
        "tiny",
        "llama",
        "llama-bpe",
        2,
        256,
        512,
        4,
        2,
        64,
        1024,
        2048,
        true,
        false,
        10000,
        1,
        1e-5f),
  };

  private static ModelShape llama(
      String name,
      int layers,
      int hiddenSize,
      int intermediateSize,
      int queryHeads,
      int headDim,
      boolean tied,
      float ropeFactor) {
    return new ModelShape(
        name,
        "llama",
        "llama-bpe",
        layers,
        hiddenSize,
        intermediateSize,
        queryHeads,
        8,
        headDim,
        128256,
        131072,
        tied,
        false,
        500000,
        ropeFactor,
        1e-5f);
  }

  /** The shape with this name. */
  static ModelShape of(String name) {
    for (ModelShape shape : ALL) {
      if (shape.name.equals(name.toLowerCase(Locale.ROOT))) {
        return shape;
      }
    }
    throw new IllegalArgumentException(
        "no synthetic model '%s'; there are %s"
            .formatted(name, Arrays.stream(ALL).map(ModelShape::name).toList()));
  }
}
