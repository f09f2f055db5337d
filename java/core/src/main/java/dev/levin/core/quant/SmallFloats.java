package dev.levin.core.quant;

/**
 * Conversions of the floating-point formats Java has no type for, all rounding to nearest even.
 *
 * <p>F8 formats are those of the OCP 8-bit floating point specification. {@link Float} itself
 * converts F16.
 */
public final class SmallFloats {
  /** Code of 448, the largest finite E4M3. */
  private static final int E4M3_MAX = 0x7e;

  private static final int E4M3_NAN = 0x7f;
  private static final int E5M2_INFINITY = 0x7c;
  private static final int E5M2_NAN = 0x7e;
  private static final float[] E4M3 = new float[256];
  private static final float[] E5M2 = new float[256];

  static {
    for (int code = 0; code < 256; code++) {
      E4M3[code] = decodeE4m3(code);
      E5M2[code] = Float.float16ToFloat((short) (code << 8));
    }
  }

  private SmallFloats() {}

  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Overflow becomes infinity; a NaN keeps its sign and upper payload and becomes quiet. */
  public static short floatToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  public static float e4m3ToFloat(byte bits) {
    return E4M3[bits & 0xff];
  }

  /** Saturates: whatever exceeds 448, infinities included, becomes 448 of its sign. */
  public static byte floatToE4m3(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    int code = Float.isNaN(value) ? E4M3_NAN : Math.min(round(value, 3, 7), E4M3_MAX);
    return (byte) (sign | code);
  }

  public static float e5m2ToFloat(byte bits) {
    return E5M2[bits & 0xff];
  }

  /** Overflows as IEEE formats do: values from 61440 on become infinity. */
  public static byte floatToE5m2(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    int code = Float.isNaN(value) ? E5M2_NAN : Math.min(round(value, 2, 15), E5M2_INFINITY);
    return (byte) (sign | code);
  }

  /**
   * The code of |value| in a format without an upper end: carries run on into the exponent, so a
   * caller caps what lies beyond its largest code.
   */
  private static int round(float value, int mantissaBits, int bias) {
    int bits = Float.floatToRawIntBits(value) & 0x7fffffff;
    int exponent = (bits >>> 23) - 127 + bias;
    if (exponent <= 0) {
      float unitsPerOne = Float.intBitsToFloat(127 + bias - 1 + mantissaBits << 23);
      return (int) Math.rint(Math.abs(value) * unitsPerOne);
    }
    int dropped = 23 - mantissaBits;
    int half = (1 << dropped - 1) - 1 + (bits >>> dropped & 1);
    return (bits + half >>> dropped) - (127 - bias << mantissaBits);
  }

  private static float decodeE4m3(int code) {
    int magnitude = code & 0x7f;
    float value = magnitude == E4M3_NAN ? Float.NaN : e4m3Magnitude(magnitude);
    return (code & 0x80) == 0 ? value : -value;
  }

  /** 4 exponent bits and 3 mantissa bits as a finite number, even where E4M3 has its NaN. */
  static float e4m3Magnitude(int magnitude) {
    int exponent = magnitude >>> 3;
    int mantissa = magnitude & 7;
    return exponent == 0 ? mantissa * 0x1p-9f : Math.scalb(8 + mantissa, exponent - 10);
  }
}
