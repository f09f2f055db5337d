package dev.levin.models.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.core.op.RopeStyle;
import dev.levin.models.DecoderConfig;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConfigReaderTest {
  /** A file that holds an embedding and nothing else. */
  private static WeightSource weights(String embedding) {
    Tensor tensor = Tensor.allocateHost(DType.F32, 32, 64);
    return new WeightSource() {
      @Override
      public Collection<String> names() {
        return List.of(embedding);
      }

      @Override
      public Optional<Tensor> find(String name) {
        return name.equals(embedding) ? Optional.of(tensor) : Optional.empty();
      }

      @Override
      public String origin() {
        return "test";
      }
    };
  }

  private static Map<String, Object> huggingFace(String type) {
    return new HashMap<>(
        Map.of(
            "model_type",
            type,
            "hidden_size",
            64,
            "num_hidden_layers",
            6,
            "num_attention_heads",
            4,
            "num_key_value_heads",
            2,
            "intermediate_size",
            128,
            "vocab_size",
            32,
            "max_position_embeddings",
            4096));
  }

  private static DecoderConfig read(Map<String, Object> values) {
    return DecoderConfig.read(
        new Metadata("config.json", values),
        Naming.HUGGING_FACE,
        weights("model.embed_tokens.weight"));
  }

  private static Map<String, Object> gguf(String architecture) {
    Map<String, Object> values = new HashMap<>();
    values.put("general.architecture", architecture);
    values.put(architecture + ".embedding_length", 64);
    values.put(architecture + ".block_count", 6);
    values.put(architecture + ".context_length", 4096);
    values.put(architecture + ".feed_forward_length", 128);
    values.put(architecture + ".attention.head_count", 4);
    values.put(architecture + ".attention.head_count_kv", 2);
    return values;
  }

  private static DecoderConfig readGguf(Map<String, Object> values) {
    return DecoderConfig.read(
        new Metadata("model.gguf", values), Naming.GGUF, weights("token_embd.weight"));
  }

  private static Mixer.SelfAttention attention(DecoderConfig config, int layer) {
    return assertInstanceOf(Mixer.SelfAttention.class, config.layers().get(layer).mixer());
  }

  private static String failure(Map<String, Object> values) {
    return assertThrows(ModelFormatException.class, () -> read(values)).getMessage();
  }

  @Test
  void ropeScalingOfTransformers4EqualsRopeParametersOf5() {
    Map<String, Object> scaling =
        Map.of(
            "rope_type",
            "llama3",
            "factor",
            8.0,
            "low_freq_factor",
            1.0,
            "high_freq_factor",
            4.0,
            "original_max_position_embeddings",
            1024);
    Map<String, Object> old = huggingFace("llama");
    old.put("rope_theta", 500000.0);
    old.put("rope_scaling", scaling);
    Map<String, Object> recent = huggingFace("llama");
    Map<String, Object> parameters = new HashMap<>(scaling);
    parameters.put("rope_theta", 500000.0);
    recent.put("rope_parameters", parameters);
    assertEquals(read(old).ropes(), read(recent).ropes());
    assertEquals(500000.0, read(old).ropes().getFirst().theta());
  }

  @Test
  void gemma3OfTransformers4HasTwoRopesAndAPattern() {
    Map<String, Object> values = huggingFace("gemma3_text");
    values.put("sliding_window", 512);
    values.put("sliding_window_pattern", 6);
    values.put("rope_theta", 1e6);
    values.put("rope_local_base_freq", 1e4);
    values.put("head_dim", 16);
    DecoderConfig config = read(values);
    assertEquals(2, config.ropes().size());
    assertEquals(512, attention(config, 4).window());
    assertEquals(1, attention(config, 4).rope());
    assertEquals(0, attention(config, 5).window());
    assertEquals(0, attention(config, 5).rope());
    assertEquals(8f, config.embeddingScale());
    assertEquals(1f, config.normWeightBias());
  }

  /** The text part of google/gemma-3-4b-it says no more than this. */
  @Test
  void gemma3LeavesOutWhatTransformersDefaults() {
    Map<String, Object> text =
        Map.of(
            "model_type",
            "gemma3_text",
            "hidden_size",
            2560,
            "intermediate_size",
            10240,
            "num_hidden_layers",
            34,
            "rope_scaling",
            Map.of("factor", 8.0, "rope_type", "linear"),
            "sliding_window",
            1024);
    DecoderConfig config = read(Map.of("model_type", "gemma3", "text_config", text));
    assertEquals(262208, config.vocabSize());
    assertEquals(131072, config.contextLength());
    assertEquals(1e6, config.ropes().get(0).theta());
    assertEquals(new RopeScaling.Linear(8), config.ropes().get(0).scaling());
    assertEquals(1e4, config.ropes().get(1).theta());
    assertEquals(new RopeScaling.None(), config.ropes().get(1).scaling());
    Mixer.SelfAttention global = attention(config, 5);
    assertEquals(8, global.numHeads());
    assertEquals(4, global.numKvHeads());
    assertEquals(256, global.headDim());
    assertEquals(1 / 16f, global.smScale());
    assertEquals(0, global.window());
    assertEquals(1024, attention(config, 0).window());
  }

  @Test
  void ggufMaySayWhichLayersHaveAWindow() {
    Map<String, Object> values = gguf("gpt-oss");
    values.put("gpt-oss.attention.sliding_window", 128);
    String key = "gpt-oss.attention.sliding_window_pattern";
    assertEquals(List.of(128, 0, 128, 0, 128, 0), windows(values));
    values.put(key, 3);
    assertEquals(List.of(128, 128, 0, 128, 128, 0), windows(values));
    values.put(key, 0);
    assertEquals(List.of(128, 128, 128, 128, 128, 128), windows(values));
    values.put(key, List.of(true, false, false, false, false, true));
    assertEquals(List.of(128, 0, 0, 0, 0, 128), windows(values));
    values.put(key, List.of(true));
    ModelFormatException error = assertThrows(ModelFormatException.class, () -> readGguf(values));
    assertEquals(
        "model.gguf: '" + key + "' does not say whether layer 1 has a window", error.getMessage());
  }

  private static List<Integer> windows(Map<String, Object> values) {
    DecoderConfig config = readGguf(values);
    return IntStream.range(0, 6).mapToObj(layer -> attention(config, layer).window()).toList();
  }

  @Test
  void slidingWindowOfQwenIsOffUnlessUsed() {
    Map<String, Object> values = huggingFace("qwen2");
    values.put("sliding_window", 512);
    values.put("use_sliding_window", false);
    assertEquals(0, attention(read(values), 5).window());
    values.put("use_sliding_window", true);
    values.put("max_window_layers", 3);
    assertEquals(0, attention(read(values), 2).window());
    assertEquals(512, attention(read(values), 3).window());
  }

  @Test
  void ggufPairsLlamaInterleavedAndQwenByHalves() {
    assertEquals(RopeStyle.INTERLEAVED, readGguf(gguf("llama")).ropes().getFirst().style());
    assertEquals(RopeStyle.HALF, readGguf(gguf("qwen2")).ropes().getFirst().style());
    assertEquals(RopeStyle.INTERLEAVED, readGguf(gguf("smollm3")).ropes().getFirst().style());
    assertEquals(Mixer.NO_ROPE, attention(readGguf(gguf("smollm3")), 3).rope());
  }

  @Test
  void kvBytesFollowTheDtype() {
    DecoderConfig config = readGguf(gguf("llama"));
    assertEquals(6 * 2 * 2 * 16 * 4, config.kvBytesPerToken(DType.F32));
    assertEquals(6 * 2 * 2 * 16 * 2, config.kvBytesPerToken(DType.F16));
  }

  @Test
  void errorsNameFileFieldAndWhatIsKnown() {
    assertTrue(failure(huggingFace("frobnicator")).startsWith("config.json: 'model_type' is 'fr"));
    Map<String, Object> values = huggingFace("llama");
    values.put("num_hidden_layers", 2_000_000_000);
    assertEquals(
        "config.json: 'num_hidden_layers' is 2000000000, expected 1 to 4096", failure(values));
    values = huggingFace("llama");
    values.remove("vocab_size");
    assertEquals("config.json: 'vocab_size' is missing", failure(values));
    values = huggingFace("llama");
    values.put("num_key_value_heads", 3);
    assertEquals("config.json: 'num_key_value_heads' does not divide 4 heads", failure(values));
    values = huggingFace("llama");
    values.put("hidden_size", "wide");
    assertEquals("config.json: 'hidden_size' is not an integer", failure(values));
    values = huggingFace("llama");
    values.put("tie_word_embeddings", false);
    assertEquals(
        "test: tensor 'lm_head.weight' is missing and 'tie_word_embeddings' is false",
        failure(values));
    values = huggingFace("llama");
    values.put("quantization_config", Map.of("quant_method", "gptq"));
    assertTrue(failure(values).contains("'gptq' cannot be read"));
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> readGguf(gguf("mystery")));
    assertTrue(error.getMessage().contains("'general.architecture' is 'mystery'"));
  }
}
