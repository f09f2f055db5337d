package dev.levin.convert;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** config.json to GGUF metadata, with the keys llama.cpp's converter writes for each model type. */
final class GgufKeys {
  private static final int SIGMOID = 2;

  private final JsonNode config;
  private final String architecture;
  private final Map<String, Object> keys = new LinkedHashMap<>();

  private GgufKeys(JsonNode config, String architecture) {
    this.config = config;
    this.architecture = architecture;
  }

  /** Integer, Double, Boolean and String values by key. */
  static Map<String, Object> of(JsonNode config) {
    String type = config.get("model_type").asText();
    GgufKeys keys = new GgufKeys(config, architecture(type));
    keys.keys.put("general.architecture", keys.architecture);
    switch (type) {
      case "mamba2" -> keys.mamba2();
      case "llama", "mistral", "smollm3" -> keys.llama();
      case "gemma3_text" -> keys.gemma3();
      case "gpt_oss" -> keys.gptOss();
      case "deepseek_v3" -> keys.deepseek();
      case "bitnet" -> keys.bitnet();
      default -> throw new IllegalArgumentException("no conversion of " + type);
    }
    return keys.keys;
  }

  private static String architecture(String type) {
    return switch (type) {
      case "mistral" -> "llama";
      case "gemma3_text" -> "gemma3";
      case "gpt_oss" -> "gpt-oss";
      case "deepseek_v3" -> "deepseek2";
      default -> type;
    };
  }

  private void put(String key, Object value) {
    keys.put(architecture + "." + key, value);
  }

  /** Copies a field that may be missing. */
  private void copy(String field, String key) {
    copy(config, field, key);
  }

  private void copy(JsonNode from, String field, String key) {
    JsonNode value = from.path(field);
    if (value.isIntegralNumber()) {
      put(key, value.asInt());
    } else if (value.isNumber()) {
      put(key, value.asDouble());
    } else if (value.isBoolean()) {
      put(key, value.asBoolean());
    }
  }

  private void copyNumber(JsonNode from, String field, String key) {
    if (from.path(field).isNumber()) {
      put(key, from.get(field).asDouble());
    }
  }

  /** What every transformer has. */
  private void transformer() {
    copy("num_hidden_layers", "block_count");
    copy("max_position_embeddings", "context_length");
    copy("hidden_size", "embedding_length");
    copy("intermediate_size", "feed_forward_length");
    copy("num_attention_heads", "attention.head_count");
    copy("num_key_value_heads", "attention.head_count_kv");
    rope();
    copyNumber(config, "rms_norm_eps", "attention.layer_norm_rms_epsilon");
    copy("num_local_experts", "expert_count");
    copy("num_experts_per_tok", "expert_used_count");
    copy("n_group", "expert_group_count");
    copy("topk_group", "expert_group_used_count");
    copy("head_dim", "attention.key_length");
    copy("head_dim", "attention.value_length");
  }

  private void rope() {
    JsonNode parameters = config.path("rope_parameters");
    JsonNode global = parameters.path("full_attention");
    JsonNode rope = global.isMissingNode() ? parameters : global;
    if (rope.path("rope_type").asText().equals("yarn")) {
      put("rope.scaling.type", "yarn");
      copyNumber(rope, "factor", "rope.scaling.factor");
      copy(rope, "original_max_position_embeddings", "rope.scaling.original_context_length");
      copyNumber(rope, "attention_factor", "rope.scaling.yarn_attn_factor");
      copyNumber(rope, "beta_fast", "rope.scaling.yarn_beta_fast");
      copyNumber(rope, "beta_slow", "rope.scaling.yarn_beta_slow");
    }
    if (rope.path("rope_type").asText().equals("linear")) {
      put("rope.scaling.type", "linear");
      copyNumber(rope, "factor", "rope.scaling.factor");
    }
    copyNumber(config, "rope_theta", "rope.freq_base");
    copyNumber(rope, "rope_theta", "rope.freq_base");
    copyNumber(parameters.path("sliding_attention"), "rope_theta", "rope.freq_base_swa");
  }

  /** A window is not among the keys: llama.cpp's Llama has none, Mistral's is lost. */
  private void llama() {
    transformer();
    copy("vocab_size", "vocab_size");
    int heads = config.get("num_attention_heads").asInt();
    int hidden = config.get("hidden_size").asInt();
    put("rope.dimension_count", config.path("head_dim").asInt(hidden / heads));
  }

  private void gemma3() {
    transformer();
    copy("sliding_window", "attention.sliding_window");
  }

  private void gptOss() {
    transformer();
    copy("sliding_window", "attention.sliding_window");
    copy("intermediate_size", "expert_feed_forward_length");
  }

  /**
   * Heads share one key of latent and rotated part; what they are without that has its own keys.
   */
  private void deepseek() {
    transformer();
    int rank = config.get("kv_lora_rank").asInt();
    int ropeDim = config.get("qk_rope_head_dim").asInt();
    put("attention.head_count_kv", 1);
    put("attention.key_length", rank + ropeDim);
    put("attention.value_length", rank);
    put("attention.key_length_mla", config.get("qk_nope_head_dim").asInt() + ropeDim);
    copy("v_head_dim", "attention.value_length_mla");
    copy("kv_lora_rank", "attention.kv_lora_rank");
    copy("q_lora_rank", "attention.q_lora_rank");
    put("rope.dimension_count", ropeDim);
    copy("first_k_dense_replace", "leading_dense_block_count");
    copy("moe_intermediate_size", "expert_feed_forward_length");
    copy("n_routed_experts", "expert_count");
    copy("n_shared_experts", "expert_shared_count");
    copyNumber(config, "routed_scaling_factor", "expert_weights_scale");
    copy("norm_topk_prob", "expert_weights_norm");
    // Published configurations say "scoring_func": "sigmoid"; transformers 5 leaves it out.
    put("expert_gating_func", SIGMOID);
    JsonNode multiplier = config.path("rope_parameters").path("mscale_all_dim");
    if (multiplier.isNumber()) {
      put("rope.scaling.yarn_log_multiplier", 0.1 * multiplier.asDouble());
    }
  }

  private void bitnet() {
    transformer();
    put("rope.scaling.type", "linear");
    put("rope.scaling.factor", 1.0);
  }

  private void mamba2() {
    int inner = 2 * config.get("hidden_size").asInt();
    put("context_length", 1 << 20);
    copy("hidden_size", "embedding_length");
    put("feed_forward_length", 0);
    put("attention.head_count", 0);
    copy("num_hidden_layers", "block_count");
    copy("conv_kernel", "ssm.conv_kernel");
    put("ssm.inner_size", inner);
    copy("state_size", "ssm.state_size");
    put("ssm.time_step_rank", inner / config.get("head_dim").asInt());
    copy("n_groups", "ssm.group_count");
    copyNumber(config, "layer_norm_epsilon", "attention.layer_norm_rms_epsilon");
  }
}
