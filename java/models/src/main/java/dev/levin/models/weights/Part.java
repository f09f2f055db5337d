package dev.levin.models.weights;

import java.util.List;

/**
 * The tensors of a decoder and what files call them. GGUF names are those of its specification,
 * Hugging Face names those of transformers' modules; alternatives are tried in order. The layer
 * prefix is left out.
 */
public enum Part {
  TOKEN_EMBEDDING(false, of("token_embd"), of("embed_tokens", "embeddings")),
  OUTPUT_NORM(false, of("output_norm"), of("norm", "norm_f")),
  OUTPUT(false, of("output"), of("lm_head")),

  ATTENTION_NORM(true, of("attn_norm"), of("input_layernorm", "norm")),
  POST_ATTENTION_NORM(true, of("post_attention_norm"), of("post_attention_layernorm")),
  FFN_NORM(
      true,
      of("ffn_norm", "post_attention_norm"),
      of("pre_feedforward_layernorm", "post_attention_layernorm")),
  POST_FFN_NORM(true, of("post_ffw_norm"), of("post_feedforward_layernorm")),

  QUERY(true, of("attn_q"), of("self_attn.q_proj")),
  KEY(true, of("attn_k"), of("self_attn.k_proj")),
  VALUE(true, of("attn_v"), of("self_attn.v_proj")),
  QUERY_KEY_VALUE(true, of("attn_qkv"), of("self_attn.qkv_proj")),
  ATTENTION_OUTPUT(true, of("attn_output"), of("self_attn.o_proj")),
  QUERY_NORM(true, of("attn_q_norm"), of("self_attn.q_norm")),
  KEY_NORM(true, of("attn_k_norm"), of("self_attn.k_norm")),
  ATTENTION_SUB_NORM(true, of("attn_sub_norm"), of("self_attn.attn_sub_norm")),
  SINKS(true, of("attn_sinks"), of("self_attn.sinks")),

  QUERY_A(true, of("attn_q_a"), of("self_attn.q_a_proj")),
  QUERY_A_NORM(true, of("attn_q_a_norm"), of("self_attn.q_a_layernorm")),
  QUERY_B(true, of("attn_q_b"), of("self_attn.q_b_proj")),
  KEY_VALUE_A(true, of("attn_kv_a_mqa"), of("self_attn.kv_a_proj_with_mqa")),
  KEY_VALUE_A_NORM(true, of("attn_kv_a_norm"), of("self_attn.kv_a_layernorm")),
  KEY_VALUE_B(true, of("attn_kv_b"), of("self_attn.kv_b_proj")),
  KEY_B(true, of("attn_k_b"), of()),
  VALUE_B(true, of("attn_v_b"), of()),

  GATE(true, of("ffn_gate"), of("mlp.gate_proj")),
  UP(true, of("ffn_up"), of("mlp.up_proj")),
  GATE_UP(true, of("ffn_up"), of("mlp.gate_up_proj")),
  DOWN(true, of("ffn_down"), of("mlp.down_proj")),
  FFN_SUB_NORM(true, of("ffn_sub_norm"), of("mlp.ffn_sub_norm")),

  ROUTER(true, of("ffn_gate_inp"), of("mlp.gate", "block_sparse_moe.gate", "mlp.router")),
  ROUTER_CORRECTION(true, of("exp_probs_b"), of("mlp.gate.e_score_correction")),
  EXPERT_GATE(
      true,
      of("ffn_gate_exps", "ffn_gate.%d"),
      of("mlp.experts.%d.gate_proj", "block_sparse_moe.experts.%d.w1")),
  EXPERT_UP(
      true,
      of("ffn_up_exps", "ffn_up.%d"),
      of("mlp.experts.%d.up_proj", "block_sparse_moe.experts.%d.w3")),
  EXPERT_DOWN(
      true,
      of("ffn_down_exps", "ffn_down.%d"),
      of("mlp.experts.%d.down_proj", "block_sparse_moe.experts.%d.w2")),
  EXPERT_GATE_UP(true, of(), of("mlp.experts.gate_up_proj")),
  EXPERT_DOWN_TRANSPOSED(true, of(), of("mlp.experts.down_proj")),
  SHARED_GATE(true, of("ffn_gate_shexp"), of("mlp.shared_experts.gate_proj")),
  SHARED_UP(true, of("ffn_up_shexp"), of("mlp.shared_experts.up_proj")),
  SHARED_DOWN(true, of("ffn_down_shexp"), of("mlp.shared_experts.down_proj")),

  SSM_IN(true, of("ssm_in"), of("mixer.in_proj")),
  SSM_CONV(true, of("ssm_conv1d"), of("mixer.conv1d")),
  SSM_DT(true, of("ssm_dt"), of("mixer.dt")),
  SSM_A(true, of("ssm_a"), of("mixer.A")),
  SSM_SKIP(true, of("ssm_d"), of("mixer.D")),
  SSM_NORM(true, of("ssm_norm"), of("mixer.norm")),
  SSM_OUT(true, of("ssm_out"), of("mixer.out_proj"));

  private final boolean inLayer;
  private final List<String> gguf;
  private final List<String> huggingFace;

  Part(boolean inLayer, List<String> gguf, List<String> huggingFace) {
    this.inLayer = inLayer;
    this.gguf = gguf;
    this.huggingFace = huggingFace;
  }

  private static List<String> of(String... names) {
    return List.of(names);
  }

  boolean inLayer() {
    return inLayer;
  }

  List<String> gguf() {
    return gguf;
  }

  List<String> huggingFace() {
    return huggingFace;
  }
}
