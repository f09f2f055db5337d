package dev.levin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.levin.convert.HostValues;
import dev.levin.convert.HuggingFaceCopy;
import dev.levin.convert.StoredTensor;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.models.DecoderConfig;
import dev.levin.models.config.RopeSpec;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The many ways in which published folders spell one model. */
class HuggingFaceVariantsTest {
  private static final long SEED = 20261121;
  private static final float SAME = 1e-4f;

  @TempDir private Path folder;

  private static Path golden(String model) {
    return Golden.path("models/" + model);
  }

  private static HuggingFaceCopy copy(String model) throws IOException {
    return HuggingFaceCopy.of(golden(model));
  }

  private void assertGolden(String model, HuggingFaceCopy variant) throws IOException {
    LogitsRun.assertGolden(variant.write(folder.resolve(model)), golden(model));
  }

  private static void assertSame(Path expected, Path actual, int[] tokens) {
    LogitsRun.assertClose(
        actual.getFileName().toString(),
        LogitsRun.logits(expected, tokens, tokens.length),
        LogitsRun.logits(actual, tokens, 7),
        tokens.length,
        SAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "deepseek-v3", "gpt-oss"})
  void shardsWithAnIndex(String model) throws IOException {
    LogitsRun.assertGolden(copy(model).writeSharded(folder, 3), golden(model));
  }

  @Test
  void outputIsTheEmbeddingWhereThereIsNoHead() throws IOException {
    HuggingFaceCopy model = copy("llama");
    model.tensors().put("lm_head.weight", model.tensors().get("model.embed_tokens.weight"));
    Path copied = model.write(folder.resolve("copied"));
    model.tensors().remove("lm_head.weight");
    model.config().put("tie_word_embeddings", true);
    Path tied = model.write(folder.resolve("tied"));
    assertSame(copied, tied, LogitsRun.tokens(golden("llama")));
  }

  /** Evenly spaced in the file they are used where they lie, scattered they are copied. */
  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3-moe", "deepseek-v3"})
  void expertsInAnyOrder(String model) throws IOException {
    for (boolean scattered : new boolean[] {false, true}) {
      HuggingFaceCopy variant = copy(model);
      List<String> names = new ArrayList<>(variant.tensors().keySet());
      if (scattered) {
        Collections.shuffle(names, new Random(SEED));
      } else {
        names.sort(
            (a, b) ->
                a.replaceAll("^(.*experts)\\.(\\d+)\\.(.*)$", "$1.$3.$2")
                    .compareTo(b.replaceAll("^(.*experts)\\.(\\d+)\\.(.*)$", "$1.$3.$2")));
      }
      Map<String, StoredTensor> ordered = new LinkedHashMap<>();
      names.forEach(name -> ordered.put(name, variant.tensors().get(name)));
      variant.tensors().clear();
      variant.tensors().putAll(ordered);
      assertGolden(model, variant);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.language_model.", "language_model.model."})
  void textModelOfAMultimodalFolder(String prefix) throws IOException {
    HuggingFaceCopy model = copy("gemma3");
    model.rename(name -> name.replaceFirst("^model\\.", prefix));
    model
        .tensors()
        .put(
            "model.vision_tower.patch.weight",
            new StoredTensor(DType.U8, Shape.of(4), new byte[4]));
    ObjectNode text = model.config().deepCopy();
    model.config().removeAll();
    model.config().put("model_type", "gemma3").set("text_config", text);
    model.config().putObject("vision_config").put("hidden_size", 1152);
    assertGolden("gemma3", model);
  }

  @Test
  void gemma3AsTransformers4WroteIt() throws IOException {
    HuggingFaceCopy model = copy("gemma3");
    model.config().remove(List.of("rope_parameters", "layer_types", "_sliding_window_pattern"));
    model.config().put("sliding_window_pattern", 6);
    model.config().put("rope_local_base_freq", 10000.0);
    assertGolden("gemma3", model);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rope_type", "type"})
  void ropeScalingOfTransformers4(String typeKey) throws IOException {
    for (String name : List.of("llama3-rope", "llama-yarn", "gpt-oss")) {
      HuggingFaceCopy model = copy(name);
      ObjectNode scaling = (ObjectNode) model.config().remove("rope_parameters");
      model.config().set("rope_theta", scaling.remove("rope_theta"));
      scaling.set(typeKey, scaling.remove("rope_type"));
      model.config().set("rope_scaling", scaling);
      assertGolden(name, model);
    }
  }

  private static HuggingFaceCopy longRope(double shortFactor, double longFactor)
      throws IOException {
    HuggingFaceCopy model = copy("phi3");
    model.config().remove("rope_parameters");
    model.config().put("rope_theta", 10000.0);
    model.config().put("max_position_embeddings", 2048);
    model.config().put("original_max_position_embeddings", 512);
    ObjectNode scaling = model.config().putObject("rope_scaling").put("type", "longrope");
    ArrayNode shorts = scaling.putArray("short_factor");
    ArrayNode longs = scaling.putArray("long_factor");
    for (int i = 0; i < 8; i++) {
      shorts.add(shortFactor + 0.25 * i);
      longs.add(longFactor + i);
    }
    return model;
  }

  @Test
  void longRopeFollowsItsFormula() throws IOException {
    Path model = longRope(1, 4).write(folder.resolve("phi3"));
    try (ModelSource source = ModelFiles.open(model)) {
      DecoderConfig config =
          DecoderConfig.read(source.metadata(), source.naming(), source.weights());
      assertEquals(2048, config.contextLength());
      assertEquals(512, config.defaultContextLength());
      RopeSpec rope = config.ropes().getFirst();
      float[] shorts = rope.inverseFrequencies(512);
      float[] longs = rope.inverseFrequencies(513);
      for (int i = 0; i < 8; i++) {
        double plain = Math.pow(10000, -i / 8.0);
        assertEquals(plain / (1 + 0.25 * i), shorts[i], plain * 1e-6);
        assertEquals(plain / (4 + i), longs[i], plain * 1e-6);
      }
      assertEquals(Math.sqrt(1 + Math.log(4) / Math.log(512)), rope.attentionFactor(), 1e-6);
    }
  }

  /** Divisors that are all 2 are linear scaling by 2. */
  @Test
  void longRopeOfEqualDivisorsIsLinear() throws IOException {
    HuggingFaceCopy model = longRope(2, 9);
    ObjectNode scaling = (ObjectNode) model.config().get("rope_scaling");
    ArrayNode shorts = scaling.putArray("short_factor");
    for (int i = 0; i < 8; i++) {
      shorts.add(2.0);
    }
    scaling.put("attention_factor", 1.0);
    Path longRope = model.write(folder.resolve("longrope"));
    model.config().putObject("rope_scaling").put("type", "linear").put("factor", 2.0);
    Path linear = model.write(folder.resolve("linear"));
    assertSame(linear, longRope, LogitsRun.tokens(golden("phi3")));
  }

  /**
   * As published: gate and up rows in turns, a byte of scale for 32 values, neighbours in a byte.
   */
  @Test
  void gptOssWithExpertsInMxfp4() throws IOException {
    HuggingFaceCopy packed = copy("gpt-oss");
    HuggingFaceCopy wide = copy("gpt-oss");
    for (int layer = 0; layer < 2; layer++) {
      for (String part : List.of("gate_up_proj", "down_proj")) {
        String name = "model.layers." + layer + ".mlp.experts." + part;
        StoredTensor blocks = StoredTensor.encode(packed.values(name).transpose(), DType.MXFP4);
        packed.tensors().remove(name);
        pack(packed.tensors(), name, blocks);
        wide.put(name, blocks.decode().transpose());
      }
    }
    packed.config().putObject("quantization_config").put("quant_method", "mxfp4");
    Path expected = wide.write(folder.resolve("wide"));
    Path actual = packed.write(folder.resolve("packed"));
    assertSame(expected, actual, LogitsRun.tokens(golden("gpt-oss")));
  }

  private static void pack(Map<String, StoredTensor> tensors, String name, StoredTensor encoded) {
    int groups = encoded.bytes().length / DType.MXFP4.blockBytes();
    byte[] blocks = new byte[16 * groups];
    byte[] scales = new byte[groups];
    for (int g = 0; g < groups; g++) {
      int at = g * DType.MXFP4.blockBytes();
      scales[g] = encoded.bytes()[at];
      for (int i = 0; i < 32; i++) {
        int nibble = encoded.bytes()[at + 1 + i % 16] >> (i / 16 * 4) & 15;
        blocks[16 * g + i / 2] |= (byte) (nibble << (i % 2 * 4));
      }
    }
    long[] dims = encoded.shape().toArray();
    Shape perGroup = Shape.of(dims[0], dims[1], dims[2] / 32);
    Shape perByte = Shape.of(dims[0], dims[1], dims[2] / 32, 16);
    tensors.put(name + "_blocks", new StoredTensor(DType.U8, perByte, blocks));
    tensors.put(name + "_scales", new StoredTensor(DType.U8, perGroup, scales));
  }

  /** A projection joined as Phi 3 keeps it and the three it is made of are the same model. */
  @Test
  void joinedProjectionsAreTheirParts() throws IOException {
    HuggingFaceCopy model = copy("phi3");
    Path joined = model.write(folder.resolve("joined"));
    for (int layer = 0; layer < 2; layer++) {
      String attention = "model.layers." + layer + ".self_attn.";
      HostValues qkv = model.values(attention + "qkv_proj.weight");
      model.tensors().remove(attention + "qkv_proj.weight");
      model.put(attention + "q_proj.weight", qkv.rows(0, 64));
      model.put(attention + "k_proj.weight", qkv.rows(64, 96));
      model.put(attention + "v_proj.weight", qkv.rows(96, 128));
      String mlp = "model.layers." + layer + ".mlp.";
      HostValues gateUp = model.values(mlp + "gate_up_proj.weight");
      model.tensors().remove(mlp + "gate_up_proj.weight");
      model.put(mlp + "gate_proj.weight", gateUp.rows(0, 128));
      model.put(mlp + "up_proj.weight", gateUp.rows(128, 256));
    }
    model.config().put("model_type", "llama");
    Path apart = model.write(folder.resolve("apart"));
    int[] tokens = LogitsRun.tokens(golden("phi3"));
    assertArrayEquals(
        LogitsRun.logits(joined, tokens, 7), LogitsRun.logits(apart, tokens, 7), SAME);
  }
}
