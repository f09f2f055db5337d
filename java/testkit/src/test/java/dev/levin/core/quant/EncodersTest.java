package dev.levin.core.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Properties of the encoders that the golden files leave open. */
class EncodersTest {
  private static final int COUNT = 1024;

  private static MemorySegment encode(DType dtype, float[] values) {
    MemorySegment blocks = MemorySegment.ofArray(new byte[(int) dtype.rowBytes(values.length)]);
    Codecs.of(dtype).encode(values, 0, blocks, 0, values.length);
    return blocks;
  }

  private static float[] decode(DType dtype, MemorySegment blocks, int count) {
    float[] values = new float[count];
    Codecs.of(dtype).decode(blocks, 0, values, 0, count);
    return values;
  }

  /** Bounds are the error of uniform rounding to the format's step, with some room. */
  @ParameterizedTest
  @CsvSource({"Q8_0, 0.008", "Q8_1, 0.008", "Q8_K, 0.01", "NVFP4, 0.12", "MXFP4, 0.15"})
  void errorOfNormalValuesIsThatOfTheFormat(DType dtype, double bound) {
    float[] values = CodecsTest.gaussian(COUNT);
    float[] decoded = decode(dtype, encode(dtype, values), COUNT);
    double squares = 0;
    for (int i = 0; i < COUNT; i++) {
      squares += Math.pow(values[i] - decoded[i], 2);
    }
    double rmse = Math.sqrt(squares / COUNT);
    assertTrue(rmse <= bound, dtype + " rmse " + rmse);
  }

  @ParameterizedTest
  @CsvSource({"Q8_0", "Q8_1", "Q8_K", "TQ1_0", "TQ2_0", "I2_S", "MXFP4", "NVFP4"})
  void valuesTheFormatHoldsComeBackExactly(DType dtype) {
    float[] levels =
        switch (dtype) {
          case TQ1_0, TQ2_0, I2_S -> new float[] {-1, 0, 1};
          case MXFP4, NVFP4 -> new float[] {-6, -4, -3, -2, -1, -0.5f, 0, 0.5f, 1, 1.5f, 3, 6};
          default -> new float[] {127, -127, -50, 0, 1, 99, -3};
        };
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      values[i] = levels[i % levels.length];
    }
    float[] decoded = decode(dtype, encode(dtype, values), COUNT);
    for (int i = 0; i < COUNT; i++) {
      assertTrue(values[i] == decoded[i], "got " + decoded[i] + " want " + values[i]);
    }
  }

  @Test
  void activationFormatsCarryTheSumsOfTheirIntegers() {
    float[] values = CodecsTest.gaussian(COUNT);
    MemorySegment blocks = encode(DType.Q8_K, values);
    for (int group = 0; group < 16; group++) {
      int sum = 0;
      for (int i = 0; i < 16; i++) {
        sum += blocks.get(LittleEndian.BYTE, 4 + group * 16 + i);
      }
      assertEquals(sum, blocks.get(LittleEndian.SHORT, 260 + 2L * group), "group " + group);
    }

    MemorySegment pairs = encode(DType.Q8_1, values);
    float sum = 0;
    for (float value : decode(DType.Q8_1, pairs, 32)) {
      sum += value;
    }
    assertEquals(sum, LittleEndian.half(pairs, 2), 0.01);
  }

  @Test
  void halvesRoundAwayFromZero() {
    assertEquals(3, Extremes.roundHalfAway(2.5f));
    assertEquals(-3, Extremes.roundHalfAway(-2.5f));
    assertEquals(0, Extremes.roundHalfAway(Math.nextDown(0.5f)));
    assertEquals(127, Extremes.roundHalfAway(127.49999f));
  }

  /** Scales below E4M3's normal range and above its end. */
  @Test
  void nvfp4ScalesReachBothEndsOfTheirRange() {
    float[] values = new float[64];
    values[0] = 6 * 0x1p-9f;
    values[16] = 6 * 448;
    values[32] = 1e6f;
    values[48] = -6 * 0x1p-6f;
    float[] decoded = decode(DType.NVFP4, encode(DType.NVFP4, values), 64);
    assertEquals(values[0], decoded[0]);
    assertEquals(values[16], decoded[16]);
    assertEquals(6 * 448f, decoded[32], "values beyond the largest scale saturate");
    assertEquals(values[48], decoded[48]);
  }

  /** Scale bytes outside the codes that encoders write, as the reference reads them. */
  @Test
  void nvfp4ReadsUnusualScales() {
    byte[] block = new byte[36];
    block[0] = 0x7f;
    block[1] = (byte) 0xff;
    block[2] = (byte) 0x80;
    block[3] = (byte) 0xb8;
    for (int i = 4; i < block.length; i++) {
      block[i] = 0x22;
    }
    float[] decoded = decode(DType.NVFP4, MemorySegment.ofArray(block), 64);
    assertEquals(0f, decoded[0]);
    assertEquals(480f, decoded[16]);
    assertEquals(0f, decoded[32]);
    assertEquals(1f, decoded[48]);
  }

  @Test
  void mxfp4ScalesReachBothEndsOfTheirRange() {
    float[] values = new float[64];
    values[0] = 0x1.8p127f;
    values[32] = 6 * 0x1p-127f;
    float[] decoded = decode(DType.MXFP4, encode(DType.MXFP4, values), 64);
    assertEquals(values[0], decoded[0]);
    assertEquals(values[32], decoded[32]);
    values[32] = Float.MIN_VALUE;
    assertEquals(0f, decode(DType.MXFP4, encode(DType.MXFP4, values), 64)[32]);
  }
}
