package dev.levin.convert;

import com.fasterxml.jackson.databind.JsonNode;
import dev.levin.core.DType;
import dev.levin.formats.gguf.GgufType;
import dev.levin.formats.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A Hugging Face model as a GGUF file, with the names, orders and values llama.cpp's converter
 * gives them. Values are F32 until they are encoded.
 */
public final class GoldenGguf {
  /** Of every I2_S matrix. */
  public static final float TERNARY_SCALE = 0.0625f;

  private static final Pattern LAYER =
      Pattern.compile("(?:model|backbone)\\.layers\\.(\\d+)\\.(.+)");
  private static final Pattern EXPERT =
      Pattern.compile("mlp\\.experts\\.(\\d+)\\.(gate|up|down)_proj\\.weight");

  private static final Map<String, String> OUTER =
      Map.of(
          "model.embed_tokens.weight", "token_embd.weight",
          "model.norm.weight", "output_norm.weight",
          "backbone.embeddings.weight", "token_embd.weight",
          "backbone.norm_f.weight", "output_norm.weight",
          "lm_head.weight", "output.weight");

  private static final Map<String, String> STEMS =
      Map.ofEntries(
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("pre_feedforward_layernorm", "ffn_norm"),
          Map.entry("post_feedforward_layernorm", "post_ffw_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("self_attn.attn_sub_norm", "attn_sub_norm"),
          Map.entry("self_attn.q_a_proj", "attn_q_a"),
          Map.entry("self_attn.q_a_layernorm", "attn_q_a_norm"),
          Map.entry("self_attn.q_b_proj", "attn_q_b"),
          Map.entry("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"),
          Map.entry("self_attn.kv_a_layernorm", "attn_kv_a_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("mlp.ffn_sub_norm", "ffn_sub_norm"),
          Map.entry("mlp.gate", "ffn_gate_inp"),
          Map.entry("mlp.router", "ffn_gate_inp"),
          Map.entry("mlp.shared_experts.gate_proj", "ffn_gate_shexp"),
          Map.entry("mlp.shared_experts.up_proj", "ffn_up_shexp"),
          Map.entry("mlp.shared_experts.down_proj", "ffn_down_shexp"),
          Map.entry("norm", "attn_norm"),
          Map.entry("mixer.in_proj", "ssm_in"),
          Map.entry("mixer.out_proj", "ssm_out"));

  private final JsonNode config;
  private final Map<String, Object> metadata;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private GoldenGguf(HuggingFaceCopy model) {
    this.config = model.config();
    this.metadata = GgufKeys.of(config);
    model.tensors().forEach((name, tensor) -> convert(name, tensor.decode()));
    stackExperts();
  }

  public static GoldenGguf of(Path huggingFaceFolder) throws IOException {
    return of(HuggingFaceCopy.of(huggingFaceFolder));
  }

  public static GoldenGguf of(HuggingFaceCopy model) {
    return new GoldenGguf(model);
  }

  /** Integer, Double, Boolean and String values by key; changes count. */
  public Map<String, Object> metadata() {
    return metadata;
  }

  /** Changes count. */
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  public GoldenGguf put(String key, Object value) {
    metadata.put(key, value);
    return this;
  }

  /** Makes it a model of another architecture, which has the same keys under its own name. */
  public GoldenGguf rearchitect(String architecture) {
    String before = metadata.get("general.architecture") + ".";
    Map<String, Object> renamed = new LinkedHashMap<>();
    metadata.forEach(
        (key, value) ->
            renamed.put(
                key.startsWith(before) ? architecture + "." + key.substring(before.length()) : key,
                value));
    renamed.put("general.architecture", architecture);
    metadata.clear();
    metadata.putAll(renamed);
    return this;
  }

  /** Replaces every tensor by what {@code rule} makes of its name and itself. */
  public GoldenGguf replaceAll(BiFunction<String, StoredTensor, StoredTensor> rule) {
    tensors.replaceAll(rule);
    return this;
  }

  /** Writes one file. */
  public Path write(Path file) throws IOException {
    GgufWriter writer = metadata(new GgufWriter());
    tensors.forEach((name, tensor) -> add(writer, name, tensor));
    writer.write(file);
    return file;
  }

  /** Writes the parts of a split file, all metadata in the first; returns the first. */
  public Path writeSplit(Path folder, String name, int parts) throws IOException {
    List<String> names = List.copyOf(tensors.keySet());
    for (int part = 0; part < parts; part++) {
      GgufWriter writer = new GgufWriter();
      if (part == 0) {
        metadata(writer);
      }
      writer
          .put("split.no", GgufType.UINT16, part)
          .put("split.count", GgufType.UINT16, parts)
          .put("split.tensors.count", GgufType.INT32, names.size());
      int end = names.size() * (part + 1) / parts;
      for (String tensor : names.subList(names.size() * part / parts, end)) {
        add(writer, tensor, tensors.get(tensor));
      }
      writer.write(folder.resolve(partName(name, part, parts)));
    }
    return folder.resolve(partName(name, 0, parts));
  }

  private static String partName(String name, int part, int parts) {
    return "%s-%05d-of-%05d.gguf".formatted(name, part + 1, parts);
  }

  private static void add(GgufWriter writer, String name, StoredTensor tensor) {
    MemorySegment bytes = MemorySegment.ofArray(tensor.bytes());
    if (tensor.dtype() == DType.I2_S) {
      writer.ternary(name, tensor.shape(), bytes, TERNARY_SCALE);
    } else {
      writer.tensor(name, tensor.dtype(), tensor.shape(), bytes);
    }
  }

  private GgufWriter metadata(GgufWriter writer) {
    metadata.forEach(
        (key, value) -> {
          switch (value) {
            case Integer number -> writer.putUint32(key, number);
            case Double number -> writer.putFloat32(key, number.floatValue());
            case Boolean flag -> writer.putBool(key, flag);
            case List<?> flags -> writer.putArray(key, GgufType.BOOL, flags);
            default -> writer.putString(key, (String) value);
          }
        });
    return writer;
  }

  private int field(String name) {
    return config.get(name).asInt();
  }

  private void add(String name, HostValues values) {
    tensors.put(name, StoredTensor.encode(values, DType.F32));
  }

  private void convert(String name, HostValues values) {
    HostValues shifted =
        config.get("model_type").asText().startsWith("gemma") && name.endsWith("norm.weight")
            ? values.plusOne()
            : values;
    Matcher layer = LAYER.matcher(name);
    if (layer.matches()) {
      convert("blk." + layer.group(1) + ".", layer.group(2), shifted);
    } else {
      add(OUTER.get(name), shifted);
    }
  }

  private void convert(String block, String name, HostValues values) {
    Matcher expert = EXPERT.matcher(name);
    switch (name) {
      case "post_attention_layernorm.weight" -> add(block + normAfterAttention(), values);
      case "self_attn.sinks" -> add(block + "attn_sinks.weight", values);
      case "self_attn.kv_b_proj.weight" -> splitKeyValue(block, values);
      case "mlp.gate.e_score_correction_bias" -> add(block + "exp_probs_b.bias", values);
      case "mlp.experts.gate_up_proj" -> {
        HostValues rows = values.transpose();
        int count = Math.toIntExact(rows.dims()[1]);
        add(block + "ffn_gate_exps.weight", rows.slice(1, 0, count, 2));
        add(block + "ffn_up_exps.weight", rows.slice(1, 1, count, 2));
      }
      case "mlp.experts.gate_up_proj_bias" -> {
        int count = Math.toIntExact(values.dims()[1]);
        add(block + "ffn_gate_exps.bias", values.slice(1, 0, count, 2));
        add(block + "ffn_up_exps.bias", values.slice(1, 1, count, 2));
      }
      case "mlp.experts.down_proj" -> add(block + "ffn_down_exps.weight", values.transpose());
      case "mlp.experts.down_proj_bias" -> add(block + "ffn_down_exps.bias", values);
      case "mixer.A_log" -> add(block + "ssm_a", values.negativeExp().reshape(values.dims()[0], 1));
      case "mixer.D" -> add(block + "ssm_d", values.reshape(values.dims()[0], 1));
      case "mixer.dt_bias" -> add(block + "ssm_dt.bias", values);
      case "mixer.conv1d.weight" ->
          add(block + "ssm_conv1d.weight", values.reshape(values.dims()[0], values.dims()[2]));
      case "mixer.conv1d.bias" -> add(block + "ssm_conv1d.bias", values);
      case "mixer.norm.weight" -> {
        int groups = field("n_groups");
        add(block + "ssm_norm.weight", values.reshape(groups, values.dims()[0] / groups));
      }
      default -> {
        if (expert.matches()) {
          add(block + "ffn_" + expert.group(2) + "_exps." + expert.group(1), values);
        } else {
          int dot = name.lastIndexOf('.');
          String stem = name.substring(0, dot);
          add(block + STEMS.get(stem) + name.substring(dot), permuted(stem, values));
        }
      }
    }
  }

  /** What precedes the feed-forward part in most models follows the attention in others. */
  private String normAfterAttention() {
    return switch (config.get("model_type").asText()) {
      case "gemma3_text", "gpt_oss" -> "post_attention_norm.weight";
      default -> "ffn_norm.weight";
    };
  }

  private HostValues permuted(String stem, HostValues values) {
    boolean permutes =
        switch (config.get("model_type").asText()) {
          case "llama", "mistral", "smollm3" -> true;
          default -> false;
        };
    if (permutes && stem.equals("self_attn.q_proj")) {
      return values.interleaveHalves(field("num_attention_heads"));
    }
    if (permutes && stem.equals("self_attn.k_proj")) {
      return values.interleaveHalves(field("num_key_value_heads"));
    }
    return values;
  }

  /** [H * (Dn + Dv), R] to keys [H, R, Dn] and values [H, Dv, R]. */
  private void splitKeyValue(String block, HostValues joined) {
    int keys = field("qk_nope_head_dim");
    int both = keys + field("v_head_dim");
    HostValues heads = joined.reshape(field("num_attention_heads"), both, joined.dims()[1]);
    add(block + "attn_k_b.weight", heads.slice(1, 0, keys, 1).transpose());
    add(block + "attn_v_b.weight", heads.slice(1, keys, both, 1));
  }

  private void stackExperts() {
    int experts = config.path("n_routed_experts").asInt(0);
    List<String> firsts =
        tensors.keySet().stream().filter(name -> name.endsWith("_exps.0")).toList();
    for (String first : firsts) {
      String stem = first.substring(0, first.length() - 1);
      List<HostValues> apart =
          IntStream.range(0, experts)
              .mapToObj(expert -> tensors.remove(stem + expert).decode())
              .toList();
      add(stem + "weight", HostValues.stack(apart));
    }
  }
}
