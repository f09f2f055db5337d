package dev.levin.models.config;

import dev.levin.core.model.Metadata;
import java.util.HashMap;
import java.util.Map;

/**
 * Fields that published config.json files leave out because they equal the defaults transformers
 * has for that model type, where a reader's own default would be another.
 */
final class HuggingFaceDefaults {
  private static final Map<String, Object> GEMMA3 =
      Map.of(
          "vocab_size", 262208,
          "num_attention_heads", 8,
          "num_key_value_heads", 4,
          "head_dim", 256,
          "query_pre_attn_scalar", 256,
          "max_position_embeddings", 131072,
          "rope_theta", 1e6,
          "sliding_window", 4096,
          "hidden_activation", "gelu_pytorch_tanh");

  private HuggingFaceDefaults() {}

  /** The configuration with what its model type implies filled in. */
  static Metadata fill(Metadata config) {
    boolean gemma3 = config.string("model_type").orElse("").startsWith("gemma3");
    if (!gemma3) {
      return config;
    }
    Map<String, Object> values = new HashMap<>(GEMMA3);
    values.putAll(config.values());
    return new Metadata(config.origin(), values);
  }
}
