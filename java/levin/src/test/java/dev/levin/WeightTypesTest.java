package dev.levin;

import dev.levin.convert.GoldenGguf;
import dev.levin.convert.HostValues;
import dev.levin.convert.HuggingFaceCopy;
import dev.levin.convert.StoredTensor;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every type a weight may have, through file, loader and forward pass: a model of encoded weights
 * says what one of the decoded weights in F32 says. The model is the first layer of the demo model,
 * with a part of its vocabulary; rows of 256 and 768 hold whole blocks of every type.
 */
class WeightTypesTest {
  private static final Set<DType> FLOATS =
      EnumSet.of(DType.F16, DType.BF16, DType.F8_E4M3, DType.F8_E5M2);

  private static final int VOCABULARY = 300;

  /** Of the largest logit. */
  private static final float RELATIVE_ERROR = 2e-5f;

  private static HuggingFaceCopy demo;
  private static int[] tokens;

  @TempDir private Path folder;

  @BeforeAll
  static void readDemo() throws IOException {
    demo = firstLayer();
    tokens = new int[] {0, 73, 174, 273, 30, 14, 133, 225, 273, 182, 101};
  }

  private static HuggingFaceCopy firstLayer() throws IOException {
    HuggingFaceCopy model = HuggingFaceCopy.of(Golden.path("demo/hf")).keepLayers(1);
    for (String name : List.of("model.embed_tokens.weight", "lm_head.weight")) {
      model.put(name, model.values(name).rows(0, VOCABULARY));
    }
    model.config().put("vocab_size", VOCABULARY);
    return model;
  }

  private static boolean isMatrix(StoredTensor tensor) {
    return tensor.shape().rank() == 2;
  }

  private static float[] run(Path model, int chunk) {
    return LogitsRun.logits(model, tokens, chunk);
  }

  private void assertSameAsWidened(GoldenGguf model) throws IOException {
    Path encoded = model.write(folder.resolve("encoded.gguf"));
    model.replaceAll((name, tensor) -> tensor.widened());
    float[] expected = run(model.write(folder.resolve("widened.gguf")), tokens.length);
    assertSame(expected, encoded);
  }

  private static void assertSame(float[] expected, Path encoded) {
    float largest = LogitsRun.maxError(expected, new float[expected.length]);
    for (int chunk : new int[] {tokens.length, 1}) {
      LogitsRun.assertClose(
          "in chunks of " + chunk,
          expected,
          run(encoded, chunk),
          tokens.length,
          largest * RELATIVE_ERROR);
    }
  }

  private static GoldenGguf encoded(DType dtype, Predicate<String> which) {
    return GoldenGguf.of(demo)
        .replaceAll(
            (name, tensor) ->
                isMatrix(tensor) && which.test(name)
                    ? StoredTensor.encode(tensor.decode(), dtype)
                    : tensor);
  }

  /** Embedding and output among them. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {
        "F64", "Q8_1", "Q8_K", "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K",
        "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4"
      })
  void allMatricesOfOneType(DType dtype) throws IOException {
    assertSameAsWidened(encoded(dtype, name -> true));
  }

  /** Types that take long to encode get blocks of the golden files in place of real weights. */
  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"})
  void matricesOfGoldenBlocks(DType dtype) throws IOException {
    byte[] blocks = Golden.bytes(Golden.path("quants/" + dtype + ".blocks"));
    assertSameAsWidened(
        GoldenGguf.of(demo)
            .replaceAll(
                (name, tensor) ->
                    isMatrix(tensor) && !name.contains("attn_q") && !name.contains("attn_k")
                        ? repeat(dtype, tensor.shape(), blocks)
                        : tensor));
  }

  /** The digits of I2_S are whole; what they are multiplied by lies behind a tensor. */
  @Test
  void ternaryMatricesWithAScale() throws IOException {
    GoldenGguf model =
        GoldenGguf.of(demo)
            .replaceAll(
                (name, tensor) ->
                    isMatrix(tensor) && name.startsWith("blk.")
                        ? StoredTensor.encode(
                            scaled(tensor.decode(), 1 / GoldenGguf.TERNARY_SCALE), DType.I2_S)
                        : tensor);
    Path encoded = model.write(folder.resolve("ternary.gguf"));
    model.replaceAll(
        (name, tensor) ->
            tensor.dtype() == DType.I2_S
                ? StoredTensor.encode(scaled(tensor.decode(), GoldenGguf.TERNARY_SCALE), DType.F32)
                : tensor);
    assertSame(run(model.write(folder.resolve("widened.gguf")), tokens.length), encoded);
  }

  private static HostValues scaled(HostValues values, float factor) {
    float[] scaled = values.values().clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= factor;
    }
    return new HostValues(scaled, values.dims());
  }

  private static StoredTensor repeat(DType dtype, Shape shape, byte[] blocks) {
    byte[] bytes = new byte[Math.toIntExact(dtype.bytes(shape))];
    for (int at = 0; at < bytes.length; at += blocks.length) {
      System.arraycopy(blocks, 0, bytes, at, Math.min(blocks.length, bytes.length - at));
    }
    return new StoredTensor(dtype, shape, bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"F16", "BF16"})
  void normsMayBeNarrowToo(DType dtype) throws IOException {
    assertSameAsWidened(
        GoldenGguf.of(demo)
            .replaceAll((name, tensor) -> StoredTensor.encode(tensor.decode(), dtype)));
  }

  /** As published files mix them: embedding, output and layers each in a type of their own. */
  @Test
  void typesMayDiffer() throws IOException {
    assertSameAsWidened(
        GoldenGguf.of(demo)
            .replaceAll(
                (name, tensor) -> {
                  if (!isMatrix(tensor)) {
                    return tensor;
                  }
                  DType dtype =
                      name.startsWith("token_embd")
                          ? DType.Q4_K
                          : name.startsWith("output")
                              ? DType.Q6_K
                              : name.contains("attn_v") ? DType.Q5_1 : DType.Q4_0;
                  return StoredTensor.encode(tensor.decode(), dtype);
                }));
  }

  @Test
  void safetensorsOfNarrowFloats() throws IOException {
    for (DType dtype : FLOATS) {
      HuggingFaceCopy model = firstLayer();
      model
          .tensors()
          .replaceAll(
              (name, tensor) ->
                  isMatrix(tensor) ? StoredTensor.encode(tensor.decode(), dtype) : tensor);
      Path encoded = model.write(folder.resolve(dtype.name()));
      model.tensors().replaceAll((name, tensor) -> tensor.widened());
      Path widened = model.write(folder.resolve(dtype + "-widened"));
      assertSame(run(widened, tokens.length), encoded);
    }
  }
}
