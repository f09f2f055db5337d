package dev.levin.models.config;

import dev.levin.core.model.Metadata;
import dev.levin.core.op.RopeStyle;
import java.util.List;

/**
 * Rotary embeddings as config.json spells them: {@code rope_parameters} of transformers 5, or
 * {@code rope_scaling} with {@code rope_theta} of transformers 4.
 */
final class HuggingFaceRope {
  private HuggingFaceRope() {}

  /**
   * The rope for one kind of layer.
   *
   * @param layerType key of the nested parameters where each layer type has its own
   * @param headDim width the partial rotary factor refers to
   */
  static RopeSpec read(Metadata config, String layerType, int headDim, RopeStyle style) {
    Metadata parameters = config.object("rope_parameters");
    if (parameters.has(layerType)) {
      parameters = parameters.object(layerType);
    }
    boolean nested = !parameters.values().isEmpty();
    Metadata scaling = nested ? parameters : config.object("rope_scaling");
    Metadata thetaSource = parameters.has("rope_theta") ? parameters : config;
    double theta = Limits.scale(thetaSource, "rope_theta", 10000.0);
    Metadata partialSource = parameters.has("partial_rotary_factor") ? parameters : config;
    double partial = partialSource.number("partial_rotary_factor", 1.0);
    int rotaryDim = (int) (headDim * partial);
    if (!(partial > 0 && partial <= 1) || rotaryDim % 2 != 0 || rotaryDim == 0) {
      throw config.error("partial_rotary_factor", "leaves " + rotaryDim + " of " + headDim);
    }
    return new RopeSpec(style, rotaryDim, theta, scaling(config, scaling, rotaryDim));
  }

  private static RopeScaling scaling(Metadata config, Metadata scaling, int rotaryDim) {
    String type = scaling.string("rope_type").or(() -> scaling.string("type")).orElse("default");
    return switch (type) {
      case "default", "mrope" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(Limits.scale(scaling, "factor", 1));
      case "dynamic" ->
          new RopeScaling.Dynamic(Limits.scale(scaling, "factor", 1), original(config, scaling));
      case "llama3" ->
          new RopeScaling.Llama3(
              scaling.requireNumber("factor"),
              scaling.requireNumber("low_freq_factor"),
              scaling.requireNumber("high_freq_factor"),
              Limits.positive(scaling, "original_max_position_embeddings", Integer.MAX_VALUE));
      case "yarn" -> yarn(config, scaling);
      case "longrope", "su" -> longRope(config, scaling, rotaryDim);
      default ->
          throw scaling.error(
              "rope_type",
              "is '" + type + "', expected default, linear, dynamic, yarn, llama3 or longrope");
    };
  }

  private static int original(Metadata config, Metadata scaling) {
    String key = "original_max_position_embeddings";
    if (scaling.has(key)) {
      return Limits.positive(scaling, key, Integer.MAX_VALUE);
    }
    if (config.has(key)) {
      return Limits.positive(config, key, Integer.MAX_VALUE);
    }
    return Limits.positive(config, "max_position_embeddings", Integer.MAX_VALUE);
  }

  private static RopeScaling yarn(Metadata config, Metadata scaling) {
    int original = original(config, scaling);
    double factor =
        scaling
            .number("factor")
            .orElseGet(() -> config.requireNumber("max_position_embeddings") / original);
    double attention =
        scaling.number("attention_factor").orElseGet(() -> yarnAttention(scaling, factor));
    return new RopeScaling.Yarn(
        factor,
        original,
        scaling.number("beta_fast", 32),
        scaling.number("beta_slow", 1),
        attention,
        scaling.bool("truncate", true));
  }

  private static double yarnAttention(Metadata scaling, double factor) {
    double mscale = scaling.number("mscale", 0);
    double mscaleAllDim = scaling.number("mscale_all_dim", 0);
    if (mscale != 0 && mscaleAllDim != 0) {
      return yarnMscale(factor, mscale) / yarnMscale(factor, mscaleAllDim);
    }
    return yarnMscale(factor, 1);
  }

  /** The temperature correction of YaRN, equation 22. */
  static double yarnMscale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  private static RopeScaling longRope(Metadata config, Metadata scaling, int rotaryDim) {
    int original = original(config, scaling);
    double extension =
        scaling
            .number("factor")
            .orElseGet(() -> config.requireNumber("max_position_embeddings") / original);
    double attention =
        scaling
            .number("attention_factor")
            .orElseGet(
                () ->
                    extension <= 1 ? 1.0 : Math.sqrt(1 + Math.log(extension) / Math.log(original)));
    return new RopeScaling.LongRope(
        factors(scaling, "short_factor", rotaryDim / 2),
        factors(scaling, "long_factor", rotaryDim / 2),
        attention,
        original);
  }

  private static double[] factors(Metadata scaling, String key, int count) {
    List<?> list = scaling.list(key).orElseThrow(() -> scaling.error(key, "is missing"));
    if (list.size() != count) {
      throw scaling.error(key, "has " + list.size() + " entries, expected " + count);
    }
    double[] factors = new double[count];
    for (int i = 0; i < count; i++) {
      if (!(list.get(i) instanceof Number number)) {
        throw scaling.error(key, "holds something that is not a number");
      }
      factors[i] = number.doubleValue();
    }
    return factors;
  }
}
