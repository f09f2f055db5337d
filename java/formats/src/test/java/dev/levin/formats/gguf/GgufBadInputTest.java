package dev.levin.formats.gguf;

import static dev.levin.formats.Errors.assertRefused;
import static dev.levin.formats.gguf.GgufBytes.NAME;
import static dev.levin.formats.gguf.GgufBytes.header;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufBadInputTest {
  private static final int F32 = DType.F32.ggufId();
  private static final int Q8_0 = DType.Q8_0.ggufId();

  @Test
  void wrongMagic() {
    assertRefused(
        () -> new GgufBytes().ascii("GGML").int32(3).int64(0).int64(0).open(),
        NAME,
        "magic at byte 0 is 'GGML'");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 99, -1})
  void unknownVersion(int version) {
    assertRefused(
        () -> new GgufBytes().ascii("GGUF").int32(version).int64(0).int64(0).open(),
        "version at byte 4 is " + Integer.toUnsignedString(version),
        "2 to 3");
  }

  @Test
  void bigEndian() {
    assertRefused(
        () -> new GgufBytes().ascii("GGUF").int32(3 << 24).int64(0).int64(0).open(),
        "version at byte 4 is big-endian");
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 60, -1, 1000})
  void countsBeyondTheFile(long count) {
    assertRefused(() -> header(count, 0).open(), "tensor count at byte 8");
    assertRefused(() -> header(0, count).open(), "metadata count at byte 16");
  }

  @Test
  void tooManyTensors() {
    assertRefused(
        () -> header((1 << 18) + 1, 0).data(7 << 20).open(), "tensor count", "limit of 262144");
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 60, -1, 1 << 16, 50})
  void keyLengthBeyondTheFile(long length) {
    assertRefused(
        () -> header(0, 1).int64(length).ascii("general.name").int32(8).open(),
        "length of metadata key 0 at byte 24 is " + Long.toUnsignedString(length));
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 60, -1, 5})
  void stringLengthBeyondTheFile(long length) {
    assertRefused(
        () -> header(0, 1).key("name", GgufType.STRING).int64(length).ascii("text").open(),
        "length of value of 'name' at byte 40 is " + Long.toUnsignedString(length));
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 60, -1, 3})
  void arrayCountBeyondTheFile(long count) {
    for (GgufType type : List.of(GgufType.STRING, GgufType.FLOAT32, GgufType.ARRAY)) {
      assertRefused(
          () ->
              header(0, 1)
                  .key("name", GgufType.ARRAY)
                  .int32(type.id())
                  .int64(count)
                  .int64(0)
                  .open(),
          "element count of the value of 'name' at byte 44 is " + Long.toUnsignedString(count));
    }
  }

  @Test
  void stringInAnArrayBeyondTheFile() {
    assertRefused(
        () ->
            header(0, 1)
                .key("name", GgufType.ARRAY)
                .int32(GgufType.STRING.id())
                .int64(2)
                .string("one")
                .int64(1L << 60)
                .open(),
        "length of string 1 in the value of 'name' at byte 63 is 1152921504606846976");
  }

  @Test
  void deepArrays() {
    GgufBytes bytes = header(0, 1).key("deep", GgufType.ARRAY);
    for (int i = 0; i < 100_000; i++) {
      bytes.int32(GgufType.ARRAY.id()).int64(1);
    }
    assertRefused(bytes::open, "value of 'deep'", "nests arrays deeper than 4");
  }

  @Test
  void manyNestedArrays() {
    GgufBytes bytes =
        header(0, 1).key("wide", GgufType.ARRAY).int32(GgufType.ARRAY.id()).int64(100_000);
    assertRefused(bytes.data(2_000_000)::open, "value of 'wide'", "more than 65536 arrays");
  }

  @Test
  void unknownValueType() {
    assertRefused(
        () -> header(0, 1).string("name").int32(13).int64(0).open(),
        "type of the value of 'name' at byte 36 is 13");
  }

  @Test
  void booleanThatIsNone() {
    assertRefused(
        () -> header(0, 1).key("flag", GgufType.BOOL).int8(2).open(),
        "value of 'flag' at byte 40 is 2");
  }

  @Test
  void duplicateKey() {
    assertRefused(
        () ->
            header(0, 2)
                .key("name", GgufType.UINT8)
                .int8(1)
                .key("name", GgufType.UINT8)
                .int8(2)
                .open(),
        "metadata key 'name' at byte 41 appears twice");
  }

  @Test
  void hostileNamesStayOnOneShortLine() {
    String name = "a\nb\u001b[31m" + "x".repeat(1000);
    assertRefused(
        () ->
            header(0, 2).key(name, GgufType.UINT8).int8(1).key(name, GgufType.UINT8).int8(2).open(),
        "'a\\u000ab\\u001b[31mxxx");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 48, 1 << 30, -32})
  void alignmentThatIsNoPowerOfTwo(int alignment) {
    assertRefused(
        () -> header(0, 1).key("general.alignment", GgufType.INT32).int32(alignment).open(),
        "'general.alignment' is " + alignment);
  }

  @Test
  void alignmentOfAnotherType() {
    assertRefused(
        () -> header(0, 1).key("general.alignment", GgufType.STRING).string("32").open(),
        "'general.alignment' is 32; it must be a power of two");
  }

  @Test
  void tooManyDimensions() {
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 0, 1, 1, 1, 1, 1).data(64).open(),
        "dimension count of tensor 'w' at byte 33 is 5");
  }

  @Test
  void dimensionsOverflow() {
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 0, 1L << 31, 1L << 31, 1L << 31).data(64).open(),
        "tensor 'w' at byte 24",
        "overflows");
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 0, -1).data(64).open(),
        "dimension of tensor 'w' at byte 37 is 18446744073709551615");
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 0, 0, 1L << 62, 1L << 62).data(64).open(), "overflows");
  }

  @Test
  void rowsThatAreNoWholeBlocks() {
    assertRefused(
        () -> header(1, 0).tensor("w", Q8_0, 0, 33, 2).data(128).open(),
        "tensor 'w' at byte 24 has 33 values in a row, not a multiple of 32");
    assertRefused(
        () -> header(1, 0).tensor("w", Q8_0, 0).data(128).open(), "has 1 values in a row");
  }

  @Test
  void unknownTensorType() {
    assertRefused(
        () -> header(1, 0).tensor("w", 77, 0, 4).data(64).open(),
        "type of tensor 'w' at byte 45 is 77, a type Levin does not know");
    assertRefused(
        () -> header(1, 0).tensor("w", -2, 0, 4).data(64).open(), "is 4294967294, a type");
    assertRefused(
        () -> header(1, 0).tensor("w", 31, 0, 4).data(64).open(), "is 31 (Q4_0_4_4)", "removed");
  }

  @Test
  void tensorBeyondTheFile() {
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 0, 17).data(64).open(),
        "tensor 'w' at byte 24 needs 68 bytes",
        "the file ends at byte");
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 64, 4).data(64).open(), "at offset 64 of the data");
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 1L << 62, 4).data(64).open(),
        "at offset 4611686018427387904");
    assertRefused(
        () -> header(1, 0).tensor("w", F32, -32, 4).data(64).open(),
        "offset of tensor 'w' at byte 49 is 18446744073709551584");
  }

  @Test
  void misalignedTensor() {
    assertRefused(
        () -> header(1, 0).tensor("w", F32, 4, 4).data(64).open(),
        "is 4, not a multiple of the alignment 32");
  }

  @Test
  void duplicateTensor() {
    assertRefused(
        () -> header(2, 0).tensor("w", F32, 0, 4).tensor("w", F32, 32, 4).data(64).open(),
        "tensor 'w' at byte 57 appears twice");
  }

  @Test
  void overlappingTensors() {
    assertRefused(
        () -> header(2, 0).tensor("a", F32, 0, 16).tensor("b", F32, 32, 4).data(64).open(),
        "tensor 'b' at byte 57 starts at byte",
        "inside tensor 'a'");
    assertRefused(
        () -> header(2, 0).tensor("a", F32, 0, 16).tensor("b", F32, 0, 16).data(64).open(),
        "inside tensor 'a'");
  }

  @Test
  void longTensorName() {
    assertRefused(
        () -> header(1, 0).tensor("w".repeat(2000), F32, 0, 4).data(64).open(),
        "length of name of tensor 0",
        "limit of 1024");
  }

  @Test
  void truncatedAtEveryByte(@TempDir Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    try (Arena arena = Arena.ofConfined()) {
      new GgufWriter()
          .putString("general.architecture", "llama")
          .putArray("tokens", GgufType.STRING, List.of("a", "bc", ""))
          .putArray("scores", GgufType.FLOAT32, List.of(1f, 2f))
          .putArray(
              "nested", GgufType.ARRAY, List.of(new GgufArray(GgufType.BOOL, List.of(true, false))))
          .tensor("a", DType.F32, Shape.of(2, 4), arena.allocate(32))
          .tensor("b", DType.Q8_0, Shape.of(16, 32), arena.allocate(16 * 34))
          .write(file);
    }
    byte[] bytes = Files.readAllBytes(file);
    GgufBytes.open(bytes).close();
    for (int length = 0; length < bytes.length; length++) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertRefused(() -> GgufBytes.open(truncated), NAME, "byte");
    }
  }

  @Test
  void ternaryScales() {
    int ternary = DType.I2_S.ggufId();
    String matrix = "blk.0.attn_q.weight";
    assertRefused(
        header(1, 0).tensor("token_embd.weight", ternary, 0, 128, 2).data(128)::open,
        "tensor 'token_embd.weight'",
        "is I2_S, which only matrices of layers can be");
    assertRefused(
        header(1, 0).tensor(matrix, ternary, 0, 128, 2).data(64)::open,
        "tensor '" + matrix + "'",
        "needs 96 bytes");
    byte[] noNumber = new byte[96];
    Arrays.fill(noNumber, (byte) 0xff);
    assertRefused(
        header(1, 0).tensor(matrix, ternary, 0, 128, 2).data(noNumber)::open,
        "scale of tensor '" + matrix + "'",
        "is NaN");
    assertRefused(
        header(2, 0)
                .tensor(matrix, ternary, 0, 128, 2)
                .tensor("blk.0.attn_q.scale", F32, 96, 1)
                .data(128)
            ::open,
        "tensor '" + matrix + "'",
        "another one as tensor 'blk.0.attn_q.scale'");
  }
}
