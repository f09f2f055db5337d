package dev.levin.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.levin.core.DType;
import dev.levin.core.LevinException;
import org.junit.jupiter.api.Test;

class DecoderOptionsTest {
  @Test
  void activationsAreNamedInAnyCase() {
    assertEquals(DType.F32, DecoderOptions.activations("x", "f32"));
    assertEquals(DType.F16, DecoderOptions.activations("x", " F16"));
    assertEquals(DType.BF16, DecoderOptions.activations("x", "bf16"));
  }

  @Test
  void otherNamesAreRefused() {
    for (String name : new String[] {"", "q8_0", "f64"}) {
      LevinException error =
          assertThrows(
              LevinException.class, () -> DecoderOptions.activations("--activations", name));
      assertEquals(
          "--activations is '" + name + "', expected f32, f16 or bf16", error.getMessage());
    }
  }

  @Test
  void activationsAreF32UnlessAskedFor() {
    assertEquals(DType.F32, DecoderOptions.configuredActivations());
    assertEquals(DType.F32, new DecoderOptions(0, 16, 1, DType.F16, 1).activations());
  }
}
