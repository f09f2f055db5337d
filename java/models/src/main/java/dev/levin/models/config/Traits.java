package dev.levin.models.config;

import dev.levin.core.op.Activation;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.Scoring;
import dev.levin.models.config.Mixer.QkNorm;
import java.util.EnumSet;
import java.util.Set;

/**
 * What an architecture's name implies and its metadata does not say.
 *
 * @param flags yes-or-no properties
 * @param ggufRope pairing in GGUF files, whose converter permutes llama-like weights; Hugging Face
 *     weights pair halves
 * @param windowPeriod every n-th layer sees everything and the others a window, where the file does
 *     not list layer types; 1 when all layers are windowed
 * @param noRopePeriod every n-th layer goes without rotation, 0 for none
 */
record Traits(
    Set<Flag> flags,
    QkNorm qkNorm,
    Activation activation,
    RopeStyle ggufRope,
    int windowPeriod,
    int noRopePeriod,
    Scoring scoring) {

  enum Flag {
    PRE_NORM,
    POST_NORM,
    /** Embeddings times sqrt(hidden size). */
    SCALED_EMBEDDING,
    /** Hugging Face weights hold norm weights less one. */
    NORM_MINUS_ONE,
    SINKS,
    SUB_NORM
  }

  private static final Set<Flag> PRE = EnumSet.of(Flag.PRE_NORM);
  private static final Set<Flag> GEMMA =
      EnumSet.of(Flag.PRE_NORM, Flag.POST_NORM, Flag.SCALED_EMBEDDING, Flag.NORM_MINUS_ONE);

  static final Traits LLAMA = plain(PRE, QkNorm.NONE, RopeStyle.INTERLEAVED, 0);
  static final Traits NEOX_LLAMA = plain(PRE, QkNorm.NONE, RopeStyle.HALF, 0);
  static final Traits QWEN3 = plain(PRE, QkNorm.HEAD, RopeStyle.HALF, 0);
  static final Traits SMOLLM3 = plain(PRE, QkNorm.NONE, RopeStyle.INTERLEAVED, 4);
  static final Traits OLMO2 = plain(EnumSet.of(Flag.POST_NORM), QkNorm.FULL, RopeStyle.HALF, 0);
  static final Traits BITNET =
      plain(EnumSet.of(Flag.PRE_NORM, Flag.SUB_NORM), QkNorm.NONE, RopeStyle.HALF, 0);
  static final Traits BITNET_RELU =
      new Traits(
          BITNET.flags,
          QkNorm.NONE,
          Activation.RELU_SQUARED,
          RopeStyle.HALF,
          1,
          0,
          Scoring.SOFTMAX);
  static final Traits GEMMA2 = gemma(QkNorm.NONE, 2);
  static final Traits GEMMA3 = gemma(QkNorm.HEAD, 6);
  static final Traits GPT_OSS =
      new Traits(
          EnumSet.of(Flag.PRE_NORM, Flag.SINKS),
          QkNorm.NONE,
          Activation.SWIGLU_CLAMPED,
          RopeStyle.HALF,
          2,
          0,
          Scoring.SOFTMAX_OF_TOP_K);

  private static Traits plain(Set<Flag> flags, QkNorm qkNorm, RopeStyle style, int noRopePeriod) {
    return new Traits(flags, qkNorm, Activation.SILU, style, 1, noRopePeriod, Scoring.SOFTMAX);
  }

  private static Traits gemma(QkNorm qkNorm, int windowPeriod) {
    return new Traits(
        GEMMA, qkNorm, Activation.GELU_TANH, RopeStyle.HALF, windowPeriod, 0, Scoring.SOFTMAX);
  }

  boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /** Whether a layer is windowed when the file gives a window but no list of layer types. */
  boolean isWindowed(int layer) {
    return windowPeriod == 1 || (layer + 1) % windowPeriod != 0;
  }

  boolean hasRope(int layer) {
    return noRopePeriod == 0 || (layer + 1) % noRopePeriod != 0;
  }
}
