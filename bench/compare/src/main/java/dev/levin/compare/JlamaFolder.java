package dev.levin.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import dev.levin.core.HostBuffer;
import dev.levin.core.LevinException;
import dev.levin.core.Tensor;
import dev.levin.core.model.Metadata;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the folder that Jlama can read of a llama model in GGUF: its weights as BF16 safetensors,
 * which Jlama's own quantiser then turns into Q4. For timing only: rows of queries and keys stay in
 * GGUF's order, so the text is not the model's.
 */
final class JlamaFolder {
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("token_embd", "model.embed_tokens"),
          Map.entry("output_norm", "model.norm"),
          Map.entry("output", "lm_head"),
          Map.entry("attn_norm", "input_layernorm"),
          Map.entry("attn_q", "self_attn.q_proj"),
          Map.entry("attn_k", "self_attn.k_proj"),
          Map.entry("attn_v", "self_attn.v_proj"),
          Map.entry("attn_output", "self_attn.o_proj"),
          Map.entry("ffn_norm", "post_attention_layernorm"),
          Map.entry("ffn_gate", "mlp.gate_proj"),
          Map.entry("ffn_up", "mlp.up_proj"),
          Map.entry("ffn_down", "mlp.down_proj"));

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BF16_BYTES = 2;

  private JlamaFolder() {}

  /** Writes {@code scratch/bf16} and from it {@code scratch/q4}, which is returned. */
  static Path make(Path gguf, Path scratch) throws IOException {
    Path wide = Files.createDirectories(scratch.resolve("bf16"));
    try (ModelSource source = ModelFiles.open(gguf)) {
      Metadata metadata = source.metadata();
      if (!metadata.requireString("general.architecture").equals("llama")) {
        throw new LevinException(gguf + ": only llama models are made ready for Jlama");
      }
      JSON.writeValue(wide.resolve("config.json").toFile(), config(source));
      JSON.writeValue(wide.resolve("tokenizer.json").toFile(), tokenizer(metadata));
      // Its quantiser copies this file and fails without one.
      Files.writeString(wide.resolve("README.md"), "made from " + gguf.getFileName() + "\n");
      writeWeights(source, wide.resolve("model.safetensors"));
    }
    Path narrow = scratch.resolve("q4");
    return SafeTensorSupport.quantizeModel(
        wide, DType.Q4, new String[] {"norm"}, null, Optional.of(narrow));
  }

  private static Map<String, Object> config(ModelSource source) {
    Metadata metadata = source.metadata();
    int vocabulary = metadata.list("tokenizer.ggml.tokens").orElseThrow().size();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of("LlamaForCausalLM"));
    config.put("model_type", "llama");
    config.put("vocab_size", vocabulary);
    config.put("hidden_size", metadata.requireInt("llama.embedding_length"));
    config.put("intermediate_size", metadata.requireInt("llama.feed_forward_length"));
    config.put("num_hidden_layers", metadata.requireInt("llama.block_count"));
    config.put("num_attention_heads", metadata.requireInt("llama.attention.head_count"));
    config.put("num_key_value_heads", metadata.requireInt("llama.attention.head_count_kv"));
    config.put("head_dim", metadata.requireInt("llama.attention.key_length"));
    config.put("rms_norm_eps", metadata.requireNumber("llama.attention.layer_norm_rms_epsilon"));
    config.put("rope_theta", metadata.requireNumber("llama.rope.freq_base"));
    config.put("max_position_embeddings", 4096);
    config.put("tie_word_embeddings", source.weights().find("output.weight").isEmpty());
    config.put("bos_token_id", metadata.requireInt("tokenizer.ggml.bos_token_id"));
    config.put("eos_token_id", metadata.requireInt("tokenizer.ggml.eos_token_id"));
    config.put("hidden_act", "silu");
    config.put("torch_dtype", "bfloat16");
    return config;
  }

  private static Map<String, Object> tokenizer(Metadata metadata) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (Object token : metadata.list("tokenizer.ggml.tokens").orElseThrow()) {
      vocabulary.put((String) token, vocabulary.size());
    }
    Map<String, Object> byteLevel =
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            false,
            "trim_offsets",
            true,
            "use_regex",
            true);
    Map<String, Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put("version", "1.0");
    tokenizer.put("added_tokens", List.of());
    tokenizer.put("pre_tokenizer", byteLevel);
    tokenizer.put("decoder", byteLevel);
    tokenizer.put(
        "model",
        Map.of(
            "type",
            "BPE",
            "fuse_unk",
            false,
            "byte_fallback",
            false,
            "vocab",
            vocabulary,
            "merges",
            metadata.list("tokenizer.ggml.merges").orElseThrow()));
    return tokenizer;
  }

  /** {@code blk.3.attn_q.weight} becomes {@code model.layers.3.self_attn.q_proj.weight}. */
  private static Optional<String> nameOf(String gguf) {
    String[] parts = gguf.split("\\.");
    String kind = parts[parts.length - 2];
    if (!NAMES.containsKey(kind)) {
      return Optional.empty();
    }
    String layer = parts[0].equals("blk") ? "model.layers." + parts[1] + "." : "";
    return Optional.of(layer + NAMES.get(kind) + ".weight");
  }

  private static void writeWeights(ModelSource source, Path file) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, Object> header = new LinkedHashMap<>();
    long offset = 0;
    for (String name : source.weights().names()) {
      Optional<String> renamed = name.contains(".") ? nameOf(name) : Optional.empty();
      if (renamed.isPresent()) {
        Tensor tensor = source.weights().get(name);
        long end = offset + BF16_BYTES * tensor.shape().elements();
        tensors.put(renamed.get(), tensor);
        header.put(
            renamed.get(),
            Map.of(
                "dtype",
                "BF16",
                "shape",
                tensor.shape().toArray(),
                "data_offsets",
                new long[] {offset, end}));
        offset = end;
      }
    }
    byte[] json = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      out.write(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(json.length)
              .array());
      out.write(json);
      for (Tensor tensor : tensors.values()) {
        writeRows(tensor, out);
      }
    }
  }

  private static void writeRows(Tensor tensor, OutputStream out) throws IOException {
    int values = Math.toIntExact(tensor.shape().last());
    float[] row = new float[values];
    ByteBuffer bytes = ByteBuffer.allocate(BF16_BYTES * values).order(ByteOrder.LITTLE_ENDIAN);
    for (long r = 0; r < tensor.shape().rows(); r++) {
      Codecs.of(tensor.dtype())
          .decode(HostBuffer.segmentOf(tensor), r * tensor.rowBytes(), row, 0, values);
      bytes.clear();
      for (float value : row) {
        bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      }
      out.write(bytes.array());
    }
  }
}
