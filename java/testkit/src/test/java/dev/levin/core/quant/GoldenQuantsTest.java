package dev.levin.core.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.levin.core.DType;
import dev.levin.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Codecs against blocks and values that the reference implementation of GGUF made. */
class GoldenQuantsTest {
  private static JsonNode index() throws IOException {
    return new ObjectMapper().readTree(Golden.bytes(Golden.path("quants/index.json")));
  }

  static List<DType> types() throws IOException {
    List<DType> types = new ArrayList<>();
    index().fieldNames().forEachRemaining(name -> types.add(DType.valueOf(name)));
    return types;
  }

  static List<DType> typesWithSource() throws IOException {
    return types().stream().filter(dtype -> Files.exists(file(dtype, "source.f32"))).toList();
  }

  private static Path file(DType dtype, String suffix) {
    return Golden.path("quants/" + dtype + "." + suffix);
  }

  @ParameterizedTest
  @MethodSource("types")
  void decodesBitForBit(DType dtype) {
    byte[] blocks = Golden.bytes(file(dtype, "blocks"));
    float[] expected = Golden.floats(file(dtype, "f32"));
    float[] actual = new float[expected.length];
    assertEquals(dtype.rowBytes(expected.length), blocks.length);

    Codecs.of(dtype).decode(MemorySegment.ofArray(blocks), 0, actual, 0, actual.length);

    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(actual[i])) {
        fail("%s value %d: got %s want %s".formatted(dtype, i, actual[i], expected[i]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("typesWithSource")
  void encodesByteForByte(DType dtype) {
    float[] source = Golden.floats(file(dtype, "source.f32"));
    byte[] expected = Golden.bytes(file(dtype, "blocks"));
    byte[] actual = new byte[expected.length];

    Codecs.of(dtype).encode(source, 0, MemorySegment.ofArray(actual), 0, source.length);

    for (int i = 0; i < expected.length; i++) {
      if (expected[i] != actual[i]) {
        fail(
            "%s block %d byte %d: got %d want %d"
                .formatted(
                    dtype, i / dtype.blockBytes(), i % dtype.blockBytes(), actual[i], expected[i]));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("typesWithSource")
  void errorIsTheListedOne(DType dtype) throws IOException {
    float[] source = Golden.floats(file(dtype, "source.f32"));
    byte[] blocks = new byte[(int) dtype.rowBytes(source.length)];
    float[] decoded = new float[source.length];
    BlockCodec codec = Codecs.of(dtype);
    codec.encode(source, 0, MemorySegment.ofArray(blocks), 0, source.length);
    codec.decode(MemorySegment.ofArray(blocks), 0, decoded, 0, source.length);

    double squares = 0;
    for (int i = 0; i < source.length; i++) {
      double error = (double) source[i] - decoded[i];
      squares += error * error;
    }
    double rmse = Math.sqrt(squares / source.length);
    double listed = index().get(dtype.name()).get("rmse").asDouble();
    assertTrue(rmse <= listed * 1.00001, dtype + " rmse " + rmse + " > " + listed);
  }

  @Test
  void someTypesHaveSources() throws IOException {
    assertTrue(typesWithSource().size() >= 9, "only " + typesWithSource());
  }
}
