package dev.levin.testkit.compare;

import dev.levin.core.DType;
import dev.levin.core.quant.SmallFloats;

/** Storing float32 results in 16 bits: to the nearest value, ties to even. */
final class Rounding {
  private static final short SIGN = Short.MIN_VALUE;

  private Rounding() {}

  static void round(float[] values, DType dtype) {
    for (int i = 0; i < values.length; i++) {
      values[i] = decode(encode(values[i], dtype), dtype);
    }
  }

  /**
   * Replaces what was found by the number nearest to what is wanted among those that are stored as
   * it. A result is as good as the best number it may have been before its one rounding, so it is
   * half a unit in the last place of {@code dtype} that is forgiven, no more.
   */
  static void undo(float[] found, float[] wanted, DType dtype) {
    for (int i = 0; i < found.length; i++) {
      if (Float.isFinite(wanted[i]) && !Float.isNaN(found[i])) {
        found[i] = nearest(found[i], wanted[i], dtype);
      }
    }
  }

  private static float nearest(float found, float wanted, DType dtype) {
    if (found == wanted) {
      return found;
    }
    float towards = neighbour(found, wanted > found, dtype);
    double border =
        Float.isInfinite(found) ? overflow(found, dtype) : middle(found, towards, dtype);
    boolean within = wanted > found ? wanted <= border : wanted >= border;
    return within ? wanted : (float) border;
  }

  /** Halfway to the next value; past the largest one as if exponents went on. */
  private static double middle(float found, float towards, DType dtype) {
    return Float.isInfinite(towards) ? overflow(towards, dtype) : ((double) found + towards) / 2;
  }

  /** The smallest magnitude that is stored as infinity. */
  private static double overflow(float infinity, DType dtype) {
    float largest = neighbour(infinity, infinity < 0, dtype);
    float below = neighbour(largest, infinity < 0, dtype);
    return largest + ((double) largest - below) / 2;
  }

  /** The next value of {@code dtype} above or below one that it holds. */
  private static float neighbour(float value, boolean above, DType dtype) {
    if (value == 0) {
      return decode((short) (above ? 1 : SIGN | 1), dtype);
    }
    int step = above == value > 0 ? 1 : -1;
    return decode((short) (encode(value, dtype) + step), dtype);
  }

  private static short encode(float value, DType dtype) {
    return switch (dtype) {
      case F16 -> Float.floatToFloat16(value);
      case BF16 -> SmallFloats.floatToBf16(value);
      default -> throw new IllegalArgumentException(dtype + " is no 16-bit activation");
    };
  }

  private static float decode(short bits, DType dtype) {
    return dtype == DType.F16 ? Float.float16ToFloat(bits) : SmallFloats.bf16ToFloat(bits);
  }
}
