package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.core.quant.Codecs;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which encoding each weight matrix of a model gets: one for all of them, or a mix that spends more
 * bits where an error costs more. The mixes are those that llama.cpp uses under the same names.
 */
public final class Recipe {
  private final String name;
  private final DType base;
  private final int fileType;
  private final List<MixRule> rules;

  Recipe(String name, DType base, int fileType, List<MixRule> rules) {
    this.name = name;
    this.base = base;
    this.fileType = fileType;
    this.rules = List.copyOf(rules);
  }

  /**
   * The mix of this name, for example {@code Q4_K_M}, in any case of letters. Q4_0, Q8_0 and other
   * types are mixes as well: all of them but Q8_0 keep the output matrix at Q6_K.
   *
   * @throws IllegalArgumentException naming the mixes there are
   */
  public static Recipe mix(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    for (Recipe mix : Mixes.ALL) {
      if (mix.name.equals(upper)) {
        return mix;
      }
    }
    throw new IllegalArgumentException(
        "no quantisation '%s'; there are %s".formatted(name, String.join(", ", mixNames())));
  }

  /**
   * The same type for every weight matrix.
   *
   * @throws IllegalArgumentException for types that models cannot be encoded in
   */
  public static Recipe uniform(DType dtype) {
    int fileType = Mixes.fileType(dtype);
    if (fileType < 0 || !Codecs.of(dtype).canEncode()) {
      throw new IllegalArgumentException("models cannot be quantised to " + dtype);
    }
    return new Recipe(dtype.name(), dtype, fileType, List.of());
  }

  /** All that {@link #mix} takes, smallest files first. */
  public static List<String> mixNames() {
    List<String> names = new ArrayList<>();
    for (Recipe mix : Mixes.ALL) {
      names.add(mix.name);
    }
    return names;
  }

  public String name() {
    return name;
  }

  /** What most of the weights become. */
  public DType base() {
    return base;
  }

  /** The number that GGUF files of this kind carry as {@code general.file_type}. */
  int fileType() {
    return fileType;
  }

  /** The type of a weight matrix whose rows could hold any: that of the first rule that applies. */
  DType typeOf(TensorRole role, LayerPosition layer, ModelTraits model) {
    for (MixRule rule : rules) {
      if (rule.appliesTo(role, layer, model)) {
        return rule.dtype();
      }
    }
    return base;
  }

  /**
   * What stands in for a type whose blocks do not divide the rows of a matrix: a type of about the
   * same size with blocks of 32, or F16 when even these do not fit.
   */
  static DType fitting(DType dtype, long columns) {
    if (columns % dtype.blockValues() == 0) {
      return dtype;
    }
    DType smaller =
        switch (dtype) {
          case Q2_K, Q3_K, TQ1_0, TQ2_0, NVFP4 -> DType.Q4_0;
          case Q4_K -> DType.Q5_0;
          case Q5_K -> DType.Q5_1;
          case Q6_K -> DType.Q8_0;
          case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> DType.IQ4_NL;
          default -> DType.F16;
        };
    return columns % smaller.blockValues() == 0 ? smaller : DType.F16;
  }
}
