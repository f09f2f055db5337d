package dev.levin.formats.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.model.Metadata;
import dev.levin.formats.io.MappedWeights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which matrix gets which type, against what llama.cpp gives models of the same shape. */
class PlannerTest {
  private static final ModelTraits LLAMA = new ModelTraits(4, 0, false, false);

  private static Map<String, DType> plan(Recipe recipe, ModelTraits traits, int layers, int width) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("token_embd.weight", Tensor.allocateHost(DType.BF16, 2, width));
    if (!traits.tied()) {
      tensors.put("output.weight", Tensor.allocateHost(DType.BF16, 2, width));
    }
    tensors.put("output_norm.weight", Tensor.allocateHost(DType.F32, width));
    for (int layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + ".";
      for (String name :
          List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down")) {
        tensors.put(block + name + ".weight", Tensor.allocateHost(DType.BF16, 2, width));
      }
      tensors.put(block + "attn_norm.weight", Tensor.allocateHost(DType.F32, width));
      tensors.put(block + "attn_q.bias", Tensor.allocateHost(DType.F32, width));
      tensors.put(block + "ffn_gate_inp.weight", Tensor.allocateHost(DType.F32, 2, width));
    }
    Map<String, DType> types = new LinkedHashMap<>();
    new Planner(new MappedWeights("test", tensors), recipe, traits, Map.of())
        .plan()
        .forEach(plan -> types.put(plan.name(), plan.to()));
    return types;
  }

  /** One character per layer: the bits of the type. */
  private static String bits(Map<String, DType> types, int layers, String tensor) {
    StringBuilder bits = new StringBuilder();
    for (int layer = 0; layer < layers; layer++) {
      bits.append(types.get("blk." + layer + "." + tensor + ".weight").name().charAt(1));
    }
    return bits.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "Q2_K_S, 2222222222222222, 4444444444444444, 2222222222222222, 4422222222222222",
    "Q2_K, 2222222222222222, 4444444444444444, 3333333333333333, 3333333333333333",
    "Q3_K_S, 3333333333333333, 3333333333333333, 3333333333333333, 3333333333333333",
    "Q3_K_M, 3333333333333333, 5544444444444444, 4444444444444444, 5444444444444444",
    "Q3_K_L, 3333333333333333, 5555555555555555, 5555555555555555, 5555555555555555",
    "Q4_K_S, 4444444444444444, 5555444444444444, 4444444444444444, 5544444444444444",
    "Q4_K_M, 4444444444444444, 6644644644644666, 4444444444444444, 6644644644644666",
    "Q5_K_S, 5555555555555555, 5555555555555555, 5555555555555555, 5555555555555555",
    "Q5_K_M, 5555555555555555, 6655655655655666, 5555555555555555, 6655655655655666",
    "Q6_K, 6666666666666666, 6666666666666666, 6666666666666666, 6666666666666666"
  })
  void sixteenLayersOfEachMix(String mix, String query, String value, String output, String down) {
    Map<String, DType> types = plan(Recipe.mix(mix), LLAMA, 16, 256);
    assertEquals(query, bits(types, 16, "attn_q"));
    assertEquals(query, bits(types, 16, "attn_k"));
    assertEquals(query, bits(types, 16, "ffn_up"));
    assertEquals(value, bits(types, 16, "attn_v"));
    assertEquals(output, bits(types, 16, "attn_output"));
    assertEquals(down, bits(types, 16, "ffn_down"));
    assertEquals(DType.Q6_K, types.get("output.weight"));
    assertEquals(Recipe.mix(mix).base(), types.get("token_embd.weight"));
  }

  @ParameterizedTest
  @CsvSource({
    "IQ2_XXS, IQ2_XXS, Q4_K, IQ2_XXS, Q2_K, IQ2_XXS, Q2_K",
    "IQ2_XS, IQ2_XS, Q4_K, IQ2_XS, Q2_K, IQ2_XS, Q2_K",
    "IQ2_S, IQ2_XS, Q4_K, IQ3_S, IQ3_S, IQ2_XS, IQ3_S",
    "IQ2_M, IQ2_S, Q4_K, IQ3_S, IQ3_S, IQ2_S, IQ3_S",
    "IQ3_XXS, IQ2_S, Q4_K, IQ3_S, Q4_K, Q3_K, IQ3_S",
    "IQ3_S, IQ3_S, Q4_K, IQ3_S, IQ3_S, IQ3_S, IQ3_S",
    "IQ3_M, IQ3_S, Q4_K, Q4_K, Q4_K, IQ3_S, IQ3_S",
    "TQ2_0, TQ2_0, TQ2_0, TQ2_0, TQ2_0, TQ2_0, Q4_K"
  })
  void mixesOfFewBits(
      String mix,
      DType query,
      DType value,
      DType output,
      DType firstDown,
      DType lastDown,
      DType embedding) {
    Map<String, DType> types = plan(Recipe.mix(mix), LLAMA, 8, 256);
    assertEquals(query, types.get("blk.3.attn_q.weight"));
    assertEquals(value, types.get("blk.3.attn_v.weight"));
    assertEquals(output, types.get("blk.3.attn_output.weight"));
    assertEquals(firstDown, types.get("blk.0.ffn_down.weight"));
    assertEquals(lastDown, types.get("blk.7.ffn_down.weight"));
    assertEquals(embedding, types.get("token_embd.weight"));
    boolean common = mix.equals("IQ3_S") || mix.equals("IQ3_M") || mix.startsWith("TQ");
    assertEquals(common ? DType.Q6_K : DType.Q5_K, types.get("output.weight"));
  }

  @ParameterizedTest
  @CsvSource({"Q2_K, 10", "Q3_K, 11", "Q4_K, 14", "IQ2_XS, 20", "IQ2_S, 29", "IQ3_S, 26", "F16, 1"})
  void fileTypesOfOneTypeThroughout(DType dtype, int fileType) {
    assertEquals(fileType, Recipe.uniform(dtype).fileType());
  }

  @Test
  void whatIsNoMatrixOfWeightsStays() {
    Map<String, DType> types = plan(Recipe.uniform(DType.Q4_0), LLAMA, 1, 256);
    assertEquals(DType.F32, types.get("output_norm.weight"));
    assertEquals(DType.F32, types.get("blk.0.attn_norm.weight"));
    assertEquals(DType.F32, types.get("blk.0.attn_q.bias"));
    assertEquals(DType.F32, types.get("blk.0.ffn_gate_inp.weight"));
    assertEquals(DType.Q4_0, types.get("output.weight"));
  }

  @Test
  void tiedEmbeddingsAreTheOutputMatrix() {
    ModelTraits tied = new ModelTraits(4, 0, true, false);
    assertEquals(DType.Q6_K, plan(Recipe.mix("Q4_K_M"), tied, 1, 256).get("token_embd.weight"));
    assertEquals(DType.Q8_0, plan(Recipe.mix("Q8_0"), tied, 1, 256).get("token_embd.weight"));
    assertEquals(DType.F16, plan(Recipe.mix("F16"), tied, 1, 256).get("token_embd.weight"));
  }

  @Test
  void rowsThatBlocksDoNotDivideFallBack() {
    Map<String, DType> types = plan(Recipe.mix("Q4_K_M"), LLAMA, 8, 320);
    assertEquals(DType.Q5_0, types.get("blk.1.attn_q.weight"));
    assertEquals(DType.Q8_0, types.get("blk.0.attn_v.weight"));
    assertEquals(DType.Q8_0, types.get("output.weight"));
    assertEquals(DType.Q4_0, Recipe.fitting(DType.Q2_K, 96));
    assertEquals(DType.Q5_1, Recipe.fitting(DType.Q5_K, 96));
    assertEquals(DType.IQ4_NL, Recipe.fitting(DType.IQ4_XS, 96));
    assertEquals(DType.F16, Recipe.fitting(DType.Q4_K, 36));
    assertEquals(DType.F16, Recipe.fitting(DType.Q8_0, 36));
    assertEquals(DType.Q4_K, Recipe.fitting(DType.Q4_K, 512));
  }

  @Test
  void eightExpertsGetMoreBitsForAttention() {
    ModelTraits mixtral = new ModelTraits(4, 8, false, false);
    Map<String, DType> types = plan(Recipe.mix("Q4_K_M"), mixtral, 2, 256);
    assertEquals(DType.Q8_0, types.get("blk.1.attn_v.weight"));
    assertEquals(DType.Q8_0, types.get("blk.1.attn_k.weight"));
    assertEquals(DType.Q5_K, types.get("blk.1.attn_output.weight"));
  }

  @Test
  void calibrationDecidesAboutTheFirstLayers() {
    ModelTraits calibrated = new ModelTraits(4, 0, false, true);
    assertEquals(
        DType.Q4_1, plan(Recipe.mix("Q4_0"), calibrated, 8, 256).get("blk.0.ffn_down.weight"));
    assertEquals(DType.Q4_0, plan(Recipe.mix("Q4_0"), LLAMA, 8, 256).get("blk.0.ffn_down.weight"));
    assertEquals(
        DType.IQ4_XS, plan(Recipe.mix("IQ4_XS"), calibrated, 8, 256).get("blk.0.ffn_down.weight"));
    assertEquals(
        DType.Q5_K, plan(Recipe.mix("IQ4_XS"), LLAMA, 8, 256).get("blk.0.ffn_down.weight"));
  }

  @Test
  void traitsComeFromMetadata() {
    Metadata metadata =
        new Metadata(
            "test",
            Map.of(
                "general.architecture",
                "x",
                "x.attention.head_count",
                32L,
                "x.attention.head_count_kv",
                List.of(0L, 8L),
                "x.expert_count",
                8L));
    assertEquals(new ModelTraits(4, 8, true, false), ModelTraits.of(metadata, true, false));
    assertEquals(
        new ModelTraits(1, 0, false, true),
        ModelTraits.of(new Metadata("test", Map.of()), false, true));
  }
}
