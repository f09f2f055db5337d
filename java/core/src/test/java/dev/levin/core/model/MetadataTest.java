package dev.levin.core.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.ModelFormatException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MetadataTest {
  private final Metadata metadata = new Metadata("model.gguf", values());

  private static Map<String, Object> values() {
    Map<String, Object> values = new HashMap<>();
    values.put("name", "tiny");
    values.put("tied", true);
    values.put("layers", 12);
    values.put("vocabulary", 32000L);
    values.put("whole", 8.0);
    values.put("theta", 1e4);
    values.put("huge", 1L << 40);
    values.put("nan", Double.NaN);
    values.put("tokens", List.of("a", "b"));
    values.put("rope", Map.of("type", "yarn", "factor", 4));
    values.put("nothing", null);
    return values;
  }

  private static String refusal(Executable call) {
    return assertThrows(ModelFormatException.class, call).getMessage();
  }

  @Test
  void readsTypedValues() {
    assertEquals("tiny", metadata.requireString("name"));
    assertTrue(metadata.bool("tied", false));
    assertEquals(12, metadata.requireInt("layers"));
    assertEquals(32000, metadata.requireInt("vocabulary"));
    assertEquals(8, metadata.requireInt("whole"));
    assertEquals(1e4, metadata.requireNumber("theta"));
    assertEquals(12.0, metadata.requireNumber("layers"));
    assertEquals(Optional.of(List.of("a", "b")), metadata.list("tokens"));
    assertEquals("model.gguf", metadata.origin());
  }

  @Test
  void absentAndNullValuesHaveDefaults() {
    for (String key : List.of("absent", "nothing")) {
      assertFalse(metadata.has(key));
      assertEquals(Optional.empty(), metadata.string(key));
      assertEquals(3, metadata.integer(key, 3));
      assertEquals(0.5, metadata.number(key, 0.5));
      assertTrue(metadata.bool(key, true));
      assertTrue(metadata.object(key).values().isEmpty());
    }
    assertTrue(metadata.has("name"));
  }

  @Test
  void missingValuesNameFileAndKey() {
    assertEquals("model.gguf: 'absent' is missing", refusal(() -> metadata.requireInt("absent")));
    assertEquals(
        "model.gguf: 'nothing' is missing", refusal(() -> metadata.requireString("nothing")));
    assertEquals("model.gguf: 'x' is missing", refusal(() -> metadata.requireNumber("x")));
  }

  @Test
  void valuesOfTheWrongKindSayWhatWasExpected() {
    assertEquals("model.gguf: 'layers' is not a string", refusal(() -> metadata.string("layers")));
    assertEquals(
        "model.gguf: 'name' is not an integer", refusal(() -> metadata.integer("name", 1)));
    assertEquals("model.gguf: 'name' is not a number", refusal(() -> metadata.number("name")));
    assertEquals(
        "model.gguf: 'name' is not true or false", refusal(() -> metadata.bool("name", true)));
    assertEquals("model.gguf: 'name' is not a list", refusal(() -> metadata.list("name")));
    assertEquals("model.gguf: 'name' is not an object", refusal(() -> metadata.object("name")));
  }

  @Test
  void integersAreNeverRounded() {
    assertEquals(
        "model.gguf: 'huge' is 1099511627776, not a 32-bit integer",
        refusal(() -> metadata.requireInt("huge")));
    assertEquals(
        "model.gguf: 'nan' is NaN, not a 32-bit integer",
        refusal(() -> metadata.requireInt("nan")));
  }

  @Test
  void nestedObjectsKeepTheirOrigin() {
    Metadata rope = metadata.object("rope");
    assertEquals(4, rope.requireInt("factor"));
    assertEquals("model.gguf: rope: 'beta' is missing", refusal(() -> rope.requireInt("beta")));
  }
}
