package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.levin.convert.GoldenGguf;
import dev.levin.convert.HostValues;
import dev.levin.convert.HuggingFaceCopy;
import dev.levin.convert.StoredTensor;
import dev.levin.core.DType;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.models.DecoderConfig;
import dev.levin.models.config.LayerConfig;
import dev.levin.models.config.Mixer;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Golden Hugging Face models turned into GGUF files the way llama.cpp's converter does it: they
 * give the same logits as the folders they came from.
 */
class GgufConversionTest {
  @TempDir private Path folder;

  private static Path golden(String model) {
    return Golden.path("models/" + model);
  }

  private static GoldenGguf convert(String model) throws IOException {
    return GoldenGguf.of(golden(model));
  }

  private void assertGolden(String model, GoldenGguf gguf) throws IOException {
    LogitsRun.assertGolden(gguf.write(folder.resolve(model + ".gguf")), golden(model));
  }

  /** Keeps the converter of these tests honest where llama.cpp's own files are at hand. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama-bias-headdim"})
  void theConverterWritesWhatLlamaCppDoes(String model) throws IOException {
    GoldenGguf ours = convert(model);
    try (ModelSource theirs = ModelFiles.open(Golden.path("gguf/" + model + ".gguf"))) {
      WeightSource weights = theirs.weights();
      assertEquals(
          List.copyOf(weights.names()).stream().sorted().toList(),
          ours.tensors().keySet().stream().sorted().toList());
      for (String name : weights.names()) {
        StoredTensor tensor = StoredTensor.copyOf(weights.get(name));
        assertEquals(tensor.shape(), ours.tensors().get(name).shape(), name);
        assertArrayEquals(tensor.bytes(), ours.tensors().get(name).bytes(), name);
      }
      for (Map.Entry<String, Object> entry : ours.metadata().entrySet()) {
        Object value = theirs.metadata().values().get(entry.getKey());
        if (entry.getValue() instanceof Double number) {
          assertEquals(number, ((Number) value).doubleValue(), number * 1e-7, entry.getKey());
        } else {
          assertEquals(entry.getValue().toString(), value.toString(), entry.getKey());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm3", "gemma3", "gpt-oss", "deepseek-v3", "llama-yarn"})
  void convertedModelHasTheGoldenLogits(String model) throws IOException {
    assertGolden(model, convert(model));
  }

  /** Files before 2025 keep keys and values of latent attention in one matrix. */
  @Test
  void deepseekWithJoinedKeysAndValues() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(golden("deepseek-v3"));
    GoldenGguf gguf = GoldenGguf.of(model);
    gguf.tensors().keySet().removeIf(name -> name.endsWith("_k_b.weight"));
    gguf.tensors().keySet().removeIf(name -> name.endsWith("_v_b.weight"));
    for (int i = 0; i < 2; i++) {
      String name = "model.layers." + i + ".self_attn.kv_b_proj.weight";
      gguf.tensors().put("blk." + i + ".attn_kv_b.weight", model.tensors().get(name));
    }
    gguf.metadata().keySet().removeIf(key -> key.endsWith("_length_mla"));
    gguf.put("deepseek2.attention.key_length", 32)
        .put("deepseek2.attention.value_length", 16)
        .put("deepseek2.attention.head_count_kv", 4);
    assertGolden("deepseek-v3", gguf);
  }

  /** llama.cpp gives its Llama no window, and its converter writes none. */
  @Test
  void mistralLosesItsWindowUnlessTheFileStatesIt() throws IOException {
    int window = 16;
    int[] tokens = LogitsRun.tokens(golden("mistral-window"));
    float[] expected = Golden.floats(golden("mistral-window").resolve("logits.f32"));
    int vocab = expected.length / tokens.length;
    GoldenGguf gguf = convert("mistral-window");
    float[] without =
        LogitsRun.logits(gguf.write(folder.resolve("plain.gguf")), tokens, tokens.length);
    LogitsRun.assertClose(
        "within the window",
        Arrays.copyOf(expected, window * vocab),
        Arrays.copyOf(without, window * vocab),
        window,
        LogitsRun.GOLDEN_ERROR);
    assertTrue(LogitsRun.maxError(expected, without) > 0.01f);
    assertGolden("mistral-window", gguf.put("llama.attention.sliding_window", window));
  }

  @Test
  void bitnetKnowsItsActivationByArchitecture() throws IOException {
    assertGolden("bitnet", convert("bitnet").rearchitect("bitnet-b1.58"));
  }

  @Test
  void bitnetKnowsItsActivationByKey() throws IOException {
    assertGolden("bitnet", convert("bitnet").put("bitnet.hidden_activation", "relu2"));
  }

  /** Ternary files keep the size of a matrix in a tensor beside it. */
  @Test
  void bitnetScalesBesideTheMatrices() throws IOException {
    GoldenGguf gguf = convert("bitnet").rearchitect("bitnet-b1.58");
    float scale = 0.125f;
    for (String name : List.copyOf(gguf.tensors().keySet())) {
      if (name.matches("blk\\.\\d\\.(attn|ffn)_(q|k|v|output|gate|up|down)\\.weight")) {
        HostValues small = gguf.tensors().get(name).decode().times(1 / scale);
        gguf.tensors().put(name, StoredTensor.encode(small, DType.F32));
        gguf.tensors()
            .put(
                name.replace(".weight", ".scale"),
                StoredTensor.encode(new HostValues(new float[] {scale}, 1), DType.F32));
      }
    }
    assertGolden("bitnet", gguf);
  }

  /**
   * With one group transformers and llama.cpp agree on Mamba 2. With more, transformers 5 takes its
   * gated norm over all channels and llama.cpp, as the original implementation, over each group.
   */
  @Test
  void mamba2OfOneGroupIsWhatTheFolderIs() throws IOException {
    HuggingFaceCopy model = mamba2OfOneGroup();
    Path huggingFace = model.write(folder.resolve("hf"));
    Path gguf = GoldenGguf.of(model).write(folder.resolve("mamba2.gguf"));
    int[] tokens = LogitsRun.tokens(golden("mamba2"));
    float[] expected = LogitsRun.logits(huggingFace, tokens, tokens.length);
    for (int chunk : new int[] {tokens.length, 7, 1}) {
      float[] actual = LogitsRun.logits(gguf, tokens, chunk);
      LogitsRun.assertClose("in chunks of " + chunk, expected, actual, tokens.length, 1e-4f);
    }
  }

  /** Drops the second group's B and C from projection and convolution. */
  private static HuggingFaceCopy mamba2OfOneGroup() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(golden("mamba2"));
    int inner = 128;
    int state = 16;
    for (int i = 0; i < 2; i++) {
      String mixer = "backbone.layers." + i + ".mixer.";
      HostValues in = model.values(mixer + "in_proj.weight");
      int end = Math.toIntExact(in.dims()[0]);
      int from = 2 * inner;
      model.put(mixer + "in_proj.weight", dropSecondGroup(in, from, state, end));
      for (String name : List.of("conv1d.weight", "conv1d.bias")) {
        HostValues conv = model.values(mixer + name);
        model.put(mixer + name, dropSecondGroup(conv, inner, state, inner + 4 * state));
      }
    }
    model.config().put("n_groups", 1);
    return model;
  }

  /** Rows [B0 | B1 | C0 | C1] from {@code from} on become [B0 | C0]. */
  private static HostValues dropSecondGroup(HostValues values, int from, int state, int end) {
    List<HostValues> kept = new ArrayList<>();
    kept.add(values.rows(0, from + state));
    kept.add(values.rows(from + 2 * state, from + 3 * state));
    if (end > from + 4 * state) {
      kept.add(values.rows(from + 4 * state, end));
    }
    return HostValues.concatenate(kept);
  }

  @Test
  void mamba2OfTwoGroupsNormalisesEachByItself() throws IOException {
    int[] tokens = LogitsRun.tokens(golden("mamba2"));
    float[] expected =
        LogitsRun.logits(
            golden("mamba2"),
            tokens,
            tokens.length,
            DType.F32,
            config -> withNormGroups(config, 2));
    Path gguf = convert("mamba2").write(folder.resolve("mamba2.gguf"));
    float[] grouped = LogitsRun.logits(gguf, tokens, 7);
    LogitsRun.assertClose("grouped norm", expected, grouped, tokens.length, 1e-4f);
    float[] ungrouped =
        LogitsRun.logits(gguf, tokens, 7, DType.F32, config -> withNormGroups(config, 1));
    float[] golden = Golden.floats(golden("mamba2").resolve("logits.f32"));
    LogitsRun.assertClose("one norm", golden, ungrouped, tokens.length, LogitsRun.GOLDEN_ERROR);
    assertTrue(LogitsRun.maxError(golden, grouped) > 0.01f);
  }

  private static DecoderConfig withNormGroups(DecoderConfig config, int groups) {
    List<LayerConfig> layers =
        config.layers().stream().map(layer -> withNormGroups(layer, groups)).toList();
    return new DecoderConfig(
        config.architecture(),
        config.vocabSize(),
        config.hiddenSize(),
        config.contextLength(),
        config.defaultContextLength(),
        config.normEps(),
        config.normWeightBias(),
        config.embeddingScale(),
        config.residualScale(),
        config.logitScale(),
        config.finalSoftCap(),
        config.ropes(),
        layers,
        config.tensorNames());
  }

  private static LayerConfig withNormGroups(LayerConfig layer, int groups) {
    Mixer.StateSpace s = (Mixer.StateSpace) layer.mixer();
    Mixer mixer =
        new Mixer.StateSpace(
            s.numHeads(),
            s.headDim(),
            s.stateSize(),
            s.numGroups(),
            s.convWidth(),
            groups,
            s.dtMin(),
            s.dtMax());
    return new LayerConfig(mixer, layer.feedforward(), layer.preNorm(), layer.postNorm());
  }

  /** Experts of gpt-oss come in MXFP4; the file of their decoded values is the judge. */
  @Test
  void gptOssWithExpertsInMxfp4() throws IOException {
    int[] tokens = LogitsRun.tokens(golden("gpt-oss"));
    GoldenGguf gguf =
        convert("gpt-oss")
            .replaceAll(
                (name, tensor) ->
                    name.endsWith("_exps.weight")
                        ? StoredTensor.encode(tensor.decode(), DType.MXFP4)
                        : tensor);
    float[] actual = LogitsRun.logits(gguf.write(folder.resolve("mxfp4.gguf")), tokens, 7);
    gguf.replaceAll((name, tensor) -> tensor.widened());
    float[] expected = LogitsRun.logits(gguf.write(folder.resolve("wide.gguf")), tokens, 7);
    LogitsRun.assertClose("MXFP4", expected, actual, tokens.length, 1e-4f);
  }

  /** Frequencies and pattern of windowed layers that differ from what Gemma 3 implies. */
  @Test
  void gemma3StatesItsLocalRopeAndPattern() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(golden("gemma3"));
    ((ObjectNode) model.config().get("rope_parameters").get("sliding_attention"))
        .put("rope_theta", 500.0);
    ArrayNode types = model.config().putArray("layer_types");
    for (int i = 0; i < 6; i++) {
      types.add(i % 3 == 2 ? "full_attention" : "sliding_attention");
    }
    int[] tokens = LogitsRun.tokens(golden("gemma3"));
    float[] expected = LogitsRun.logits(model.write(folder.resolve("hf")), tokens, tokens.length);
    GoldenGguf gguf = GoldenGguf.of(model);
    for (Object pattern : List.of(3, List.of(true, true, false, true, true, false))) {
      gguf.put("gemma3.attention.sliding_window_pattern", pattern);
      Path file = gguf.write(folder.resolve("gemma3.gguf"));
      float[] actual = LogitsRun.logits(file, tokens, tokens.length);
      LogitsRun.assertClose("pattern " + pattern, expected, actual, tokens.length, 1e-4f);
    }
  }

  /** The temperature of YaRN goes into the scores of latent attention, not into its rotation. */
  @Test
  void deepseekStretchedByYarn() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(golden("deepseek-v3"));
    ((ObjectNode) model.config().get("rope_parameters"))
        .put("rope_type", "yarn")
        .put("factor", 40.0)
        .put("original_max_position_embeddings", 64)
        .put("beta_fast", 32.0)
        .put("beta_slow", 1.0)
        .put("mscale", 0.707)
        .put("mscale_all_dim", 0.707);
    assertSameAsFolder(model);
  }

  /** Only the layers that see everything are stretched. */
  @Test
  void gemma3StretchedLinearly() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(golden("gemma3"));
    ((ObjectNode) model.config().get("rope_parameters").get("full_attention"))
        .put("rope_type", "linear")
        .put("factor", 8.0);
    assertSameAsFolder(model);
  }

  private void assertSameAsFolder(HuggingFaceCopy model) throws IOException {
    int[] tokens = LogitsRun.tokens(golden("gemma3"));
    float[] expected = LogitsRun.logits(model.write(folder.resolve("hf")), tokens, tokens.length);
    Path gguf = GoldenGguf.of(model).write(folder.resolve("model.gguf"));
    float[] actual = LogitsRun.logits(gguf, tokens, tokens.length);
    LogitsRun.assertClose("from GGUF", expected, actual, tokens.length, 1e-4f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"smollm3", "deepseek-v3"})
  void splitFileIsTheModel(String model) throws IOException {
    Path first = convert(model).writeSplit(folder, model, 3);
    LogitsRun.assertGolden(first, golden(model));
    LogitsRun.assertGolden(folder.resolve(model + "-00002-of-00003.gguf"), golden(model));
  }
}
