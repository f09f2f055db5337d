package dev.levin.core.quant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmallFloatsTest {
  private interface Decoder {
    float decode(byte code);
  }

  private interface Encoder {
    byte encode(float value);
  }

  @Test
  void e4m3HasThePublishedValues() {
    assertEquals(448f, SmallFloats.e4m3ToFloat((byte) 0x7e));
    assertEquals(0x1p-6f, SmallFloats.e4m3ToFloat((byte) 0x08));
    assertEquals(0x1p-9f, SmallFloats.e4m3ToFloat((byte) 0x01));
    assertEquals(-1f, SmallFloats.e4m3ToFloat((byte) 0xb8));
    assertEquals(-0f, SmallFloats.e4m3ToFloat((byte) 0x80));
    assertTrue(Float.isNaN(SmallFloats.e4m3ToFloat((byte) 0x7f)));
    assertTrue(Float.isNaN(SmallFloats.e4m3ToFloat((byte) 0xff)));
  }

  @Test
  void e5m2HasThePublishedValues() {
    assertEquals(57344f, SmallFloats.e5m2ToFloat((byte) 0x7b));
    assertEquals(Float.POSITIVE_INFINITY, SmallFloats.e5m2ToFloat((byte) 0x7c));
    assertEquals(Float.NEGATIVE_INFINITY, SmallFloats.e5m2ToFloat((byte) 0xfc));
    assertEquals(0x1p-14f, SmallFloats.e5m2ToFloat((byte) 0x04));
    assertEquals(0x1p-16f, SmallFloats.e5m2ToFloat((byte) 0x01));
    for (int code : new int[] {0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff}) {
      assertTrue(Float.isNaN(SmallFloats.e5m2ToFloat((byte) code)), "code " + code);
    }
  }

  @Test
  void everyEightBitCodeSurvivesARoundTrip() {
    roundTrip(SmallFloats::e4m3ToFloat, SmallFloats::floatToE4m3);
    roundTrip(SmallFloats::e5m2ToFloat, SmallFloats::floatToE5m2);
  }

  private static void roundTrip(Decoder decoder, Encoder encoder) {
    for (int code = 0; code < 256; code++) {
      float value = decoder.decode((byte) code);
      byte back = encoder.encode(value);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(decoder.decode(back)), "code " + code);
      } else {
        assertEquals((byte) code, back, "code " + code);
      }
    }
  }

  /** Around every midpoint of two neighbours: below goes down, above goes up, ties go to even. */
  @Test
  void eightBitFloatsRoundToNearestEven() {
    roundsToNearestEven(SmallFloats::e4m3ToFloat, SmallFloats::floatToE4m3, 0x7e);
    roundsToNearestEven(SmallFloats::e5m2ToFloat, SmallFloats::floatToE5m2, 0x7b);
  }

  private static void roundsToNearestEven(Decoder decoder, Encoder encoder, int largest) {
    for (int sign = 0; sign <= 0x80; sign += 0x80) {
      float unit = sign == 0 ? 1 : -1;
      for (int code = 0; code < largest; code++) {
        float low = Math.abs(decoder.decode((byte) code));
        float high = Math.abs(decoder.decode((byte) (code + 1)));
        float middle = (low + high) / 2;
        int even = code % 2 == 0 ? code : code + 1;
        assertEquals((byte) (sign | even), encoder.encode(unit * middle), "tie at " + middle);
        assertEquals((byte) (sign | code), encoder.encode(unit * Math.nextDown(middle)));
        assertEquals((byte) (sign | code + 1), encoder.encode(unit * Math.nextUp(middle)));
      }
    }
  }

  @Test
  void e4m3SaturatesAndE5m2Overflows() {
    for (float large : new float[] {448, 460, 464, 465, 480, 1e30f, Float.MAX_VALUE, 1 / 0f}) {
      assertEquals((byte) 0x7e, SmallFloats.floatToE4m3(large), "value " + large);
      assertEquals((byte) 0xfe, SmallFloats.floatToE4m3(-large), "value " + -large);
    }
    assertEquals((byte) 0x7b, SmallFloats.floatToE5m2(Math.nextDown(61440f)));
    for (float large : new float[] {61440, 65536, 1e30f, Float.MAX_VALUE, 1 / 0f}) {
      assertEquals((byte) 0x7c, SmallFloats.floatToE5m2(large), "value " + large);
      assertEquals((byte) 0xfc, SmallFloats.floatToE5m2(-large), "value " + -large);
    }
  }

  @Test
  void tinyValuesBecomeZeroOfTheirSign() {
    for (float tiny : new float[] {0f, Float.MIN_VALUE, 0x1p-126f, 0x1p-30f}) {
      assertEquals((byte) 0, SmallFloats.floatToE4m3(tiny));
      assertEquals((byte) 0x80, SmallFloats.floatToE4m3(-tiny));
      assertEquals((byte) 0, SmallFloats.floatToE5m2(tiny));
      assertEquals((byte) 0x80, SmallFloats.floatToE5m2(-tiny));
    }
  }

  @Test
  void nanStaysNan() {
    for (int bits : new int[] {0x7fc00000, 0x7f800001, 0xffc00000, 0xff800001, 0x7fffffff}) {
      float nan = Float.intBitsToFloat(bits);
      assertTrue(Float.isNaN(SmallFloats.e4m3ToFloat(SmallFloats.floatToE4m3(nan))));
      assertTrue(Float.isNaN(SmallFloats.e5m2ToFloat(SmallFloats.floatToE5m2(nan))));
      assertTrue(Float.isNaN(SmallFloats.bf16ToFloat(SmallFloats.floatToBf16(nan))));
    }
  }

  @Test
  void everySixteenBitCodeSurvivesARoundTrip() {
    byte[] codes = new byte[2 << 16];
    for (int code = 0; code < 1 << 16; code++) {
      codes[2 * code] = (byte) code;
      codes[2 * code + 1] = (byte) (code >> 8);
    }
    MemorySegment source = MemorySegment.ofArray(codes);
    MemorySegment back = MemorySegment.ofArray(new byte[codes.length]);
    float[] values = new float[1 << 16];
    for (BlockCodec codec : new BlockCodec[] {new PlainCodecs.F16(), new PlainCodecs.BF16()}) {
      codec.decode(source, 0, values, 0, values.length);
      codec.encode(values, 0, back, 0, values.length);
      for (int code = 0; code < values.length; code++) {
        if (!Float.isNaN(values[code])) {
          int actual = LittleEndian.unsignedShort(back, 2L * code);
          assertEquals(code, actual, codec.dtype() + " code " + code);
        }
      }
      codec.decode(back, 0, values, 0, values.length);
      assertTrue(Float.isNaN(values[0x7fff]), codec.dtype() + " loses NaN");
    }
  }

  @Test
  void bf16RoundsToNearestEven() {
    long seed = 42;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(value)) {
        continue;
      }
      int bits = Float.floatToRawIntBits(value);
      int low = bits & 0xffff;
      int upper = bits >>> 16;
      boolean up = low > 0x8000 || low == 0x8000 && upper % 2 == 1;
      assertEquals(
          (short) (up ? upper + 1 : upper), SmallFloats.floatToBf16(value), "seed " + seed);
    }
    assertEquals((short) 0x7f80, SmallFloats.floatToBf16(Float.MAX_VALUE));
    assertEquals((short) 0x3f80, SmallFloats.floatToBf16(Float.intBitsToFloat(0x3f808000)));
    assertEquals((short) 0x3f82, SmallFloats.floatToBf16(Float.intBitsToFloat(0x3f818000)));
  }
}
