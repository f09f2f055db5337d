package dev.levin.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.model.Naming;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRoundTripTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("model.bin");
  }

  private ModelSource written(GgufWriter writer) throws IOException {
    writer.write(file());
    return ModelFiles.open(file());
  }

  @Test
  void everyScalarType() throws IOException {
    GgufWriter writer =
        new GgufWriter()
            .put("u8", GgufType.UINT8, 255)
            .put("i8", GgufType.INT8, -128)
            .put("u16", GgufType.UINT16, 65535)
            .put("i16", GgufType.INT16, -32768)
            .put("u32", GgufType.UINT32, 4294967295L)
            .put("i32", GgufType.INT32, Integer.MIN_VALUE)
            .put("f32", GgufType.FLOAT32, 1e-6f)
            .put("flag", GgufType.BOOL, true)
            .put("text", GgufType.STRING, "größer 日本 \uD83D\uDE00")
            .put("u64", GgufType.UINT64, -1L)
            .put("i64", GgufType.INT64, Long.MIN_VALUE)
            .put("f64", GgufType.FLOAT64, Math.PI);
    try (ModelSource model = written(writer)) {
      assertEquals(
          Map.ofEntries(
              Map.entry("u8", 255),
              Map.entry("i8", -128),
              Map.entry("u16", 65535),
              Map.entry("i16", -32768),
              Map.entry("u32", 4294967295L),
              Map.entry("i32", Integer.MIN_VALUE),
              Map.entry("f32", 1e-6f),
              Map.entry("flag", true),
              Map.entry("text", "größer 日本 \uD83D\uDE00"),
              Map.entry("u64", new BigInteger("18446744073709551615")),
              Map.entry("i64", Long.MIN_VALUE),
              Map.entry("f64", Math.PI)),
          model.metadata().values());
      assertEquals(
          List.of("u8", "i8", "u16", "i16", "u32", "i32", "f32", "flag", "text", "u64", "i64"),
          model.metadata().values().keySet().stream().limit(11).toList());
    }
  }

  @Test
  void everyArrayType() throws IOException {
    GgufWriter writer =
        new GgufWriter()
            .putArray("u8", GgufType.UINT8, List.of(0, 255))
            .putArray("i8", GgufType.INT8, List.of(-1, 1))
            .putArray("u16", GgufType.UINT16, List.of(65535))
            .putArray("i16", GgufType.INT16, List.of(-2))
            .putArray("u32", GgufType.UINT32, List.of(4294967295L))
            .putArray("i32", GgufType.INT32, List.of(1, -1, 3))
            .putArray("f32", GgufType.FLOAT32, List.of(0.5f, Float.NEGATIVE_INFINITY))
            .putArray("flags", GgufType.BOOL, List.of(true, false))
            .putArray("texts", GgufType.STRING, List.of("", "Ġa", "b\n"))
            .putArray("u64", GgufType.UINT64, List.of(7L))
            .putArray("i64", GgufType.INT64, List.of(-7L))
            .putArray("f64", GgufType.FLOAT64, List.of(0.1))
            .putArray("none", GgufType.STRING, List.of())
            .putArray(
                "nested",
                GgufType.ARRAY,
                List.of(
                    new GgufArray(GgufType.INT32, List.of(1)),
                    new GgufArray(GgufType.STRING, List.of("x", "y"))));
    try (ModelSource model = written(writer)) {
      Map<String, Object> values = model.metadata().values();
      assertEquals(List.of(0, 255), values.get("u8"));
      assertEquals(List.of(-1, 1), values.get("i8"));
      assertEquals(List.of(65535), values.get("u16"));
      assertEquals(List.of(-2), values.get("i16"));
      assertEquals(List.of(4294967295L), values.get("u32"));
      assertEquals(List.of(1, -1, 3), values.get("i32"));
      assertEquals(List.of(0.5f, Float.NEGATIVE_INFINITY), values.get("f32"));
      assertEquals(List.of(true, false), values.get("flags"));
      assertEquals(List.of("", "Ġa", "b\n"), values.get("texts"));
      assertEquals(List.of(7L), values.get("u64"));
      assertEquals(List.of(-7L), values.get("i64"));
      assertEquals(List.of(0.1), values.get("f64"));
      assertEquals(List.of(), values.get("none"));
      assertEquals(List.of(List.of(1), List.of("x", "y")), values.get("nested"));
    }
  }

  @Test
  void metadataOutlivesTheMapping() throws IOException {
    ModelSource model =
        written(new GgufWriter().putArray("texts", GgufType.STRING, List.of("a", "b")));
    model.close();
    assertEquals(List.of("a", "b"), model.metadata().values().get("texts"));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void tensorsHaveTheOutermostDimensionFirst(int version) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(2 * 3 * 64 * 4);
      for (int i = 0; i < 2 * 3 * 64; i++) {
        bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      GgufWriter writer =
          new GgufWriter()
              .version(version)
              .tensor("cube", DType.F32, Shape.of(2, 3, 64), bytes)
              .tensor("scalar", DType.F32, Shape.of(), bytes.asSlice(28, 4))
              .tensor("blocks", DType.Q4_0, Shape.of(2, 32), bytes.asSlice(0, 36))
              .tensor("empty", DType.F32, Shape.of(0, 4), bytes.asSlice(0, 0))
              .tensor("last", DType.I8, Shape.of(3), bytes.asSlice(4, 3));
      try (ModelSource model = written(writer)) {
        assertEquals(
            List.of("cube", "scalar", "blocks", "empty", "last"),
            List.copyOf(model.weights().names()));
        Tensor cube = model.weights().get("cube");
        assertEquals("F32[2,3,64]", cube.toString());
        MemorySegment data = HostBuffer.segmentOf(cube);
        assertEquals(
            64 * 5 + 7, data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, cube.offset(1, 2) + 28));
        Tensor scalar = model.weights().get("scalar");
        assertEquals(7, data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, scalar.offset()));
        assertEquals("Q4_0[2,32]", model.weights().get("blocks").toString());
        assertEquals(0, model.weights().get("empty").byteSize());
        assertEquals("I8[3]", model.weights().get("last").toString());
      }
    }
  }

  @Test
  void ternaryMatricesHaveTheirScaleBehindThem() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment digits = arena.allocate(3 * 64).fill((byte) 0b10_01_00_10);
      GgufWriter writer =
          new GgufWriter()
              .ternary("blk.0.attn_q.weight", Shape.of(3, 256), digits, 0.75f)
              .tensor("last", DType.I8, Shape.of(5), arena.allocateFrom("abcd"));
      try (ModelSource model = written(writer)) {
        assertEquals(
            Set.of("blk.0.attn_q.weight", "blk.0.attn_q.scale", "last"),
            Set.copyOf(model.weights().names()));
        Tensor weight = model.weights().get("blk.0.attn_q.weight");
        assertEquals("I2_S[3,256]", weight.toString());
        float[] values = new float[256];
        Codecs.of(DType.I2_S)
            .decode(HostBuffer.segmentOf(weight), weight.offset(2), values, 0, 256);
        assertEquals(
            List.of(1f, 0f, -1f, 1f), List.of(values[0], values[32], values[64], values[96]));
        Tensor scale = model.weights().get("blk.0.attn_q.scale");
        assertEquals("F32[1]", scale.toString());
        assertEquals(
            0.75f,
            HostBuffer.segmentOf(scale).get(ValueLayout.JAVA_FLOAT_UNALIGNED, scale.offset()));
        Tensor last = model.weights().get("last");
        assertEquals('a', HostBuffer.segmentOf(last).get(ValueLayout.JAVA_BYTE, last.offset()));
      }
    }
  }

  @Test
  void ternaryMatricesAreWrittenWithAScaleOnly() {
    GgufWriter writer = new GgufWriter();
    MemorySegment digits = MemorySegment.ofArray(new byte[32]);
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> writer.tensor("blk.0.attn_q.weight", DType.I2_S, Shape.of(1, 128), digits));
    assertTrue(error.getMessage().contains("ternary()"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 4096})
  void alignment(int alignment) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      GgufWriter writer =
          new GgufWriter()
              .alignment(alignment)
              .tensor("a", DType.I8, Shape.of(5), arena.allocateFrom("abcd"))
              .tensor("b", DType.I8, Shape.of(5), arena.allocateFrom("efgh"));
      try (ModelSource model = written(writer)) {
        Tensor second = model.weights().get("b");
        assertEquals(0, second.offset() % alignment);
        assertEquals('e', HostBuffer.segmentOf(second).get(ValueLayout.JAVA_BYTE, second.offset()));
      }
    }
  }

  @Test
  void callbackLargerThanOneChunk() throws IOException {
    int blocks = 100_000;
    GgufWriter writer =
        new GgufWriter()
            .tensor(
                "w",
                DType.Q8_0,
                Shape.of(blocks, 32),
                (offset, chunk) -> {
                  assertEquals(0, offset % 34);
                  for (long at = 0; at < chunk.byteSize(); at += 34) {
                    chunk.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) ((offset + at) / 34));
                  }
                });
    assertEquals(blocks * 34L, writer.tensorBytes());
    try (ModelSource model = written(writer)) {
      Tensor tensor = model.weights().get("w");
      MemorySegment data = HostBuffer.segmentOf(tensor);
      for (int block = 0; block < blocks; block++) {
        assertEquals(block, data.get(ValueLayout.JAVA_INT_UNALIGNED, tensor.offset(block)));
      }
    }
  }

  @Test
  void writingTwiceGivesTheSameBytes() throws IOException {
    GgufWriter writer = new GgufWriter().putString("a", "b").putFloat32("c", 1);
    writer.write(file());
    byte[] first = Files.readAllBytes(file());
    writer.write(file());
    assertArrayEquals(first, Files.readAllBytes(file()));
    assertFalse(Files.exists(folder.resolve("model.bin.part")));
  }

  @Test
  void misuseOfTheWriter() {
    GgufWriter writer = new GgufWriter().putString("a", "b");
    assertThrows(IllegalArgumentException.class, () -> writer.putString("a", "c"));
    assertThrows(IllegalArgumentException.class, () -> writer.put("x", GgufType.BOOL, 1));
    assertThrows(
        IllegalArgumentException.class, () -> writer.putArray("x", GgufType.ARRAY, List.of(1)));
    assertThrows(IllegalArgumentException.class, () -> writer.alignment(3));
    assertThrows(IllegalArgumentException.class, () -> writer.version(1));
    GgufWriter.TensorData nothing = (offset, chunk) -> {};
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("t", DType.Q8_0, Shape.of(33), nothing));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("t", DType.F8_E4M3, Shape.of(32), nothing));
  }

  @Test
  void whatAModelSaysOfItself() throws IOException {
    GgufWriter writer =
        new GgufWriter()
            .putString("general.name", "Little one")
            .putString("tokenizer.chat_template", "{{ messages }}")
            .putUint32("tokenizer.ggml.eos_token_id", 2)
            .putUint32("tokenizer.ggml.eot_token_id", 5)
            .putUint32("tokenizer.ggml.eom_token_id", 0xffffffffL);
    ModelSource model = written(writer);
    assertEquals("Little one", model.name());
    assertEquals(file().toString(), model.origin());
    assertEquals(Naming.GGUF, model.naming());
    assertEquals("{{ messages }}", model.chatTemplate().orElseThrow());
    assertEquals(Set.of(2, 5), model.endTokens());
    assertFalse(model.hasTokenizer());
    assertThrows(dev.levin.core.ModelFormatException.class, model::tokenizer);
    model.close();
    model.close();
  }

  @Test
  void tensorsAreClosedWithTheModel() throws IOException {
    ModelSource model =
        written(
            new GgufWriter()
                .tensor("w", DType.F32, Shape.of(4), (offset, chunk) -> chunk.fill((byte) 0)));
    Tensor tensor = model.weights().get("w");
    assertTrue(tensor.buffer().isOpen());
    model.close();
    assertThrows(IllegalStateException.class, () -> HostBuffer.segmentOf(tensor));
  }

  @Test
  void aNameWhereTheFileHasNone() throws IOException {
    Path file = folder.resolve("nameless-7b.gguf");
    new GgufWriter().write(file);
    try (ModelSource model = ModelFiles.open(file)) {
      assertEquals("nameless-7b", model.name());
    }
  }
}
