package dev.levin.formats.quantize;

/** What a weight matrix does in a model, as far as it decides how many bits it deserves. */
enum TensorRole {
  OUTPUT(TensorRole.OUTPUT_NAME),
  EMBEDDING("token_embd.weight"),
  ATTENTION_VALUE(".attn_v.weight", ".attn_qkv.weight", ".attn_kv_b.weight"),
  ATTENTION_KEY(".attn_k.weight"),
  ATTENTION_QUERY(".attn_q.weight"),
  ATTENTION_OUTPUT(".attn_output.weight"),
  FFN_DOWN(".ffn_down.weight", ".ffn_down_exps.weight", ".ffn_down_shexp.weight"),
  OTHER;

  static final String OUTPUT_NAME = "output.weight";

  private final String[] suffixes;

  TensorRole(String... suffixes) {
    this.suffixes = suffixes;
  }

  static TensorRole of(String name) {
    for (TensorRole role : values()) {
      for (String suffix : role.suffixes) {
        if (suffix.startsWith(".") ? name.endsWith(suffix) : name.equals(suffix)) {
          return role;
        }
      }
    }
    return OTHER;
  }
}
