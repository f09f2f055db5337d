package dev.levin.formats.safetensors;

import static dev.levin.formats.Errors.assertRefused;
import static dev.levin.formats.safetensors.SafetensorsBytes.NAME;
import static dev.levin.formats.safetensors.SafetensorsBytes.entry;
import static dev.levin.formats.safetensors.SafetensorsBytes.open;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  @ParameterizedTest
  @CsvSource({
    "F64, 8, 'F64[2,3]'",
    "F32, 4, 'F32[2,3]'",
    "F16, 2, 'F16[2,3]'",
    "BF16, 2, 'BF16[2,3]'",
    "F8_E4M3, 1, 'F8_E4M3[2,3]'",
    "F8_E5M2, 1, 'F8_E5M2[2,3]'",
    "F8_E8M0, 1, 'U8[2,3]'",
    "I64, 8, 'I64[2,3]'",
    "I32, 4, 'I32[2,3]'",
    "I16, 2, 'I16[2,3]'",
    "I8, 1, 'I8[2,3]'",
    "U8, 1, 'U8[2,3]'",
    "U16, 2, 'U8[2,6]'",
    "U32, 4, 'U8[2,12]'",
    "U64, 8, 'U8[2,24]'",
    "BOOL, 1, 'BOOL[2,3]'"
  })
  void everyType(String dtype, int bytes, String expected) {
    try (Arena arena = Arena.ofConfined()) {
      String header = "{" + entry("w", dtype, "[2,3]", 0, 6L * bytes) + "}";
      Map<String, Tensor> tensors = open(SafetensorsBytes.of(header, 6 * bytes), arena);
      assertEquals(expected, tensors.get("w").toString());
    }
  }

  @Test
  void tensorsInTheOrderOfTheHeader() {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},%s,%s,%s,%s}   "
            .formatted(
                entry("b", "I8", "[4]", 4, 8),
                entry("empty", "F32", "[0,7]", 4, 4),
                entry("a", "I32", "[]", 0, 4),
                entry("U32 scalar", "U32", "[]", 8, 12));
    try (Arena arena = Arena.ofConfined()) {
      Map<String, Tensor> tensors = open(SafetensorsBytes.of(header, 12), arena);
      assertEquals(List.of("b", "empty", "a", "U32 scalar"), List.copyOf(tensors.keySet()));
      Tensor b = tensors.get("b");
      assertEquals(5, HostBuffer.segmentOf(b).get(ValueLayout.JAVA_BYTE, b.offset() + 1));
      assertEquals("I32[]", tensors.get("a").toString());
      assertEquals(0, tensors.get("empty").byteSize());
      assertEquals("U8[4]", tensors.get("U32 scalar").toString());
    }
  }

  @Test
  void noTensors() {
    open("{}", 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 62, -1, Long.MIN_VALUE, 3, 100})
  void headerLengthBeyondTheFile(long length) {
    byte[] bytes = SafetensorsBytes.withLength(length, "{}".getBytes(StandardCharsets.UTF_8), 0);
    try (Arena arena = Arena.ofConfined()) {
      assertRefused(
          () -> open(bytes, arena),
          NAME,
          "header length at byte 0 is " + Long.toUnsignedString(length),
          "2 bytes are left");
    }
  }

  @Test
  void headerLongerThanTheFormatAllows() {
    try (Arena arena = Arena.ofConfined()) {
      var segment = arena.allocate(100_000_100);
      segment.set(ValueLayout.JAVA_LONG, 0, 100_000_001);
      assertRefused(
          () -> SafetensorsFile.open(NAME, segment, arena), "more than the limit of 100000000");
    }
  }

  @Test
  void fileOfAFewBytes() {
    try (Arena arena = Arena.ofConfined()) {
      assertRefused(() -> open(new byte[5], arena), "header length at byte 0 needs 8 bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "null", "[]", "{} x", "{}{}", "{\"w\":1}", "{\"w\":[]}", "{w:{}}", "\0"})
  void headerThatIsNoObject(String header) {
    assertRefused(() -> open(header, 0), NAME, "byte");
  }

  @Test
  void deepHeader() {
    assertRefused(() -> open("{\"w\":" + "[".repeat(100_000), 0), NAME, "tensor 'w'");
    assertRefused(() -> open("{\"w\":{\"shape\":" + "[".repeat(100_000), 0), "shape of tensor 'w'");
  }

  @Test
  void duplicateTensor() {
    String entry = entry("w", "I8", "[4]", 0, 4);
    assertRefused(() -> open("{" + entry + "," + entry + "}", 4), NAME, "Duplicate", "w");
  }

  @Test
  void duplicateField() {
    assertRefused(() -> open("{\"w\":{\"dtype\":\"I8\",\"dtype\":\"I8\"}}", 4), "Duplicate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"dtype\":\"I8\",\"shape\":[4]}",
        "{\"dtype\":\"I8\",\"data_offsets\":[0,4]}",
        "{\"shape\":[4],\"data_offsets\":[0,4]}",
        "{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0]}",
        "{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4,8]}",
        "{\"dtype\":8,\"shape\":[4],\"data_offsets\":[0,4]}",
        "{\"dtype\":\"I8\",\"shape\":4,\"data_offsets\":[0,4]}",
        "{\"dtype\":\"I8\",\"shape\":[4.0],\"data_offsets\":[0,4]}",
        "{\"dtype\":\"I8\",\"shape\":[\"4\"],\"data_offsets\":[0,4]}",
        "{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4],\"more\":1}",
      })
  void malformedEntry(String entry) {
    assertRefused(() -> open("{\"w\":" + entry + "}", 4), NAME, "tensor 'w' at byte");
  }

  @Test
  void unknownType() {
    assertRefused(
        () -> open("{" + entry("w", "F4", "[4]", 0, 2) + "}", 2),
        "dtype of tensor 'w' at byte",
        "'F4', which Levin does not know");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[-4]",
        "[99999999999999999999]",
        "[4611686018427387904,4]",
        "[0,4611686018427387904,4611686018427387904]",
        "[9223372036854775807]",
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
        "[5]",
        "[]"
      })
  void shapeThatDoesNotFit(String shape) {
    assertRefused(() -> open("{" + entry("w", "U16", shape, 0, 8) + "}", 8), "tensor 'w' at byte");
  }

  @ParameterizedTest
  @CsvSource({"0,5", "4,0", "-4,0", "9223372036854775804,9223372036854775807", "1,5"})
  void offsetsThatDoNotFit(long begin, long end) {
    assertRefused(
        () -> open("{" + entry("w", "I8", "[4]", begin, end) + "}", 4), "tensor 'w' at byte");
  }

  @Test
  void tensorBeyondTheFile() {
    assertRefused(
        () -> open("{" + entry("w", "I8", "[8]", 0, 8) + "}", 7),
        "tensor 'w' at byte 9 ends at offset 8 of the data, but the file holds 7");
  }

  @Test
  void overlappingTensors() {
    assertRefused(
        () ->
            open(
                "{%s,%s}".formatted(entry("a", "I8", "[4]", 0, 4), entry("b", "I8", "[4]", 3, 7)),
                7),
        "tensor 'b'",
        "starts at offset 3 of the data, inside another tensor");
  }

  @Test
  void holes() {
    assertRefused(
        () ->
            open(
                "{%s,%s}".formatted(entry("a", "I8", "[4]", 0, 4), entry("b", "I8", "[4]", 5, 9)),
                9),
        "tensor 'b'",
        "leaves a hole after 4");
    assertRefused(
        () -> open("{" + entry("w", "I8", "[4]", 0, 4) + "}", 6), "2 bytes after the last tensor");
  }

  @Test
  void metadataThatIsNoStrings() {
    assertRefused(() -> open("{\"__metadata__\":{\"a\":1}}", 0), "'__metadata__' at byte 29");
    assertRefused(() -> open("{\"__metadata__\":[]}", 0), "'__metadata__' at byte");
  }

  @Test
  void hostileNamesStayOnOneShortLine() {
    String name = "a\\nb" + "x".repeat(1000);
    assertRefused(
        () -> open("{" + entry(name, "I8", "[4]", 0, 5) + "}", 4), "'a\\u000abxx", "...'");
  }

  @Test
  void truncatedAtEveryByte() {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},%s,%s}"
            .formatted(entry("a", "F32", "[2,2]", 0, 16), entry("b", "BF16", "[3]", 16, 22));
    byte[] bytes = SafetensorsBytes.of(header, 22);
    try (Arena arena = Arena.ofConfined()) {
      open(bytes, arena);
      for (int length = 0; length < bytes.length; length++) {
        byte[] truncated = Arrays.copyOf(bytes, length);
        assertRefused(() -> open(truncated, arena), NAME, "byte");
      }
    }
  }
}
