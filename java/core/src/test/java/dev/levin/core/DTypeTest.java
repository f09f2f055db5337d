package dev.levin.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTest {
  @ParameterizedTest
  @EnumSource(DType.class)
  void ggufIdsLeadBack(DType dtype) {
    if (dtype.ggufId() != DType.NO_GGUF_ID) {
      assertSame(dtype, DType.ofGgufId(dtype.ggufId()));
    }
    assertEquals(dtype.blockBytes(), dtype.rowBytes(dtype.blockValues()));
    assertEquals(dtype.blockValues() > 1, dtype.isBlock());
  }

  @ParameterizedTest
  @CsvSource({
    "0, F32",
    "1, F16",
    "2, Q4_0",
    "8, Q8_0",
    "14, Q6_K",
    "18, IQ3_XXS",
    "21, IQ3_S",
    "30, BF16",
    "35, TQ2_0",
    "36, I2_S",
    "39, MXFP4",
    "40, NVFP4"
  })
  void idsAreThoseOfGguf(int id, DType dtype) {
    assertSame(dtype, DType.ofGgufId(id));
  }

  @ParameterizedTest
  @CsvSource({"-1", "4", "5", "31", "37", "63", "64", "1000000", "-2147483648"})
  void unknownIdsHaveNoType(int id) {
    assertNull(DType.ofGgufId(id));
  }

  @Test
  void bytesFollowFromBlocks() {
    assertEquals(16, DType.F32.rowBytes(4));
    assertEquals(2 * 18, DType.Q4_0.rowBytes(64));
    assertEquals(0, DType.Q4_K.rowBytes(0));
    assertEquals(3 * 5 * 144, DType.Q4_K.bytes(Shape.of(3, 5, 256)));
    assertEquals(4, DType.F32.bytes(Shape.of()));
    assertEquals(4.5, DType.Q4_0.bitsPerValue());
    assertTrue(DType.MXFP4.isBlock());
    assertFalse(DType.BOOL.isBlock());
  }

  @Test
  void overflowingSizesAreNotWrapped() {
    assertThrows(ArithmeticException.class, () -> DType.F64.rowBytes(Long.MAX_VALUE / 4));
    assertThrows(ArithmeticException.class, () -> DType.I8.bytes(Shape.of(1L << 32, 1L << 31, 2)));
  }
}
