package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.model.WeightSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Decides about the type of every tensor of a model. */
final class Planner {
  /**
   * Parts of names of matrices that stay as they are: routers and small ones whose errors all that
   * follows inherits.
   */
  private static final List<String> UNTOUCHED =
      List.of(
          "_norm.weight",
          "ffn_gate_inp",
          "ssm_conv1d",
          "shortconv.conv",
          "altup",
          "laurel",
          "per_layer_model_proj",
          "time_mix_first",
          "time_mix_w0",
          "time_mix_w1",
          "time_mix_w2",
          "time_mix_decay_w",
          "time_mix_lerp",
          "attn_rel_b",
          "position_embd",
          "token_types",
          "pos_embd",
          "patch_embd",
          "indexer.");

  private final WeightSource weights;
  private final Recipe recipe;
  private final ModelTraits traits;
  private final Map<Pattern, DType> overrides;
  private final Map<TensorRole, TreeSet<Integer>> layers = new EnumMap<>(TensorRole.class);

  Planner(WeightSource weights, Recipe recipe, ModelTraits traits, Map<Pattern, DType> overrides) {
    this.weights = weights;
    this.recipe = recipe;
    this.traits = traits;
    this.overrides = overrides;
    for (String name : weights.names()) {
      int layer = layer(name);
      if (layer >= 0) {
        layers.computeIfAbsent(TensorRole.of(name), role -> new TreeSet<>()).add(layer);
      }
    }
  }

  /** One plan for each tensor, in file order. */
  List<TensorPlan> plan() {
    List<TensorPlan> plans = new ArrayList<>();
    for (String name : weights.names()) {
      Tensor tensor = weights.get(name);
      DType to = isQuantised(name, tensor) ? typeOf(name, tensor) : tensor.dtype();
      plans.add(new TensorPlan(name, tensor.shape(), tensor.dtype(), to));
    }
    return plans;
  }

  private static boolean isQuantised(String name, Tensor tensor) {
    if (tensor.rank() < 2 || !name.endsWith("weight") || !isNumeric(tensor.dtype())) {
      return false;
    }
    for (String part : UNTOUCHED) {
      if (name.contains(part)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumeric(DType dtype) {
    return switch (dtype) {
      case BOOL, U8, I8, I16, I32, I64 -> false;
      default -> true;
    };
  }

  private DType typeOf(String name, Tensor tensor) {
    DType wanted = null;
    for (Map.Entry<Pattern, DType> override : overrides.entrySet()) {
      if (override.getKey().matcher(name).find()) {
        wanted = override.getValue();
        break;
      }
    }
    if (wanted == null) {
      TensorRole role = TensorRole.of(name);
      wanted = recipe.typeOf(role, position(name, role), traits);
    }
    return Recipe.fitting(wanted, tensor.shape().last());
  }

  private LayerPosition position(String name, TensorRole role) {
    int layer = layer(name);
    if (layer < 0) {
      return LayerPosition.SINGLE;
    }
    TreeSet<Integer> all = layers.get(role);
    return new LayerPosition(all.headSet(layer).size(), all.size());
  }

  /** The number in {@code blk.N.}, or -1. */
  private static int layer(String name) {
    if (!name.startsWith("blk.")) {
      return -1;
    }
    int layer = 0;
    int at = 4;
    while (at < name.length() && name.charAt(at) >= '0' && name.charAt(at) <= '9' && at < 10) {
      layer = 10 * layer + name.charAt(at++) - '0';
    }
    return at > 4 && at < name.length() && name.charAt(at) == '.' ? layer : -1;
  }
}
