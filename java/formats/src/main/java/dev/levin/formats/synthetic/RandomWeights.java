package dev.levin.formats.synthetic;

import dev.levin.core.DType;
import dev.levin.formats.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Random weights of one tensor: seeded, finite, centred on zero and of a chosen spread. Quantised
 * types get random bytes with sound scales, which costs little more than writing the file.
 */
final class RandomWeights implements GgufWriter.TensorData {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  /** An E8M0 byte for 2^0 and a UE4M3 byte for 1. */
  private static final int E8M0_ONE = 127;

  private static final int UE4M3_ONE = 7 << 3;

  private final DType dtype;
  private final double spread;
  private final long seed;
  private long state;

  /**
   * @param dtype of the tensor
   * @param spread root mean square of the values
   */
  RandomWeights(DType dtype, double spread, long seed) {
    if (!supports(dtype)) {
      throw new IllegalArgumentException(dtype + " is no type for weights");
    }
    this.dtype = dtype;
    this.spread = spread;
    this.seed = seed;
  }

  static boolean supports(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16 -> true;
      default -> WeightPattern.of(dtype) != null;
    };
  }

  @Override
  public void fill(long offset, MemorySegment chunk) {
    if (offset == 0) {
      state = seed;
    }
    switch (dtype) {
      case F32 -> fillFloats(chunk);
      case F16, BF16 -> fillHalves(chunk);
      default -> {
        fillBytes(chunk);
        if (dtype == DType.TQ2_0) {
          clearFourthDigits(chunk);
        }
        setScales(chunk);
      }
    }
  }

  /** Ternary digits take two bits but only three values; the fourth becomes the middle one. */
  private static void clearFourthDigits(MemorySegment chunk) {
    for (long at = 0; at < chunk.byteSize(); at++) {
      int digits = chunk.get(ValueLayout.JAVA_BYTE, at);
      int fourths = digits & digits >> 1 & 0x55;
      chunk.set(ValueLayout.JAVA_BYTE, at, (byte) (digits & ~(fourths << 1)));
    }
  }

  private long next() {
    state += GOLDEN_GAMMA;
    long mixed = (state ^ (state >>> 32)) * 0xd6e8feb86659fd93L;
    return mixed ^ (mixed >>> 32);
  }

  private void fillBytes(MemorySegment chunk) {
    long size = chunk.byteSize();
    long at = 0;
    for (; at <= size - Long.BYTES; at += Long.BYTES) {
      chunk.set(LONG, at, next());
    }
    for (; at < size; at++) {
      chunk.set(ValueLayout.JAVA_BYTE, at, (byte) next());
    }
  }

  private void fillFloats(MemorySegment chunk) {
    double step = uniformStep();
    for (long at = 0; at < chunk.byteSize(); at += Float.BYTES) {
      chunk.set(INT, at, Float.floatToRawIntBits((float) ((int) (next() >> 32) * step)));
    }
  }

  private void fillHalves(MemorySegment chunk) {
    double step = uniformStep();
    for (long at = 0; at < chunk.byteSize(); at += Short.BYTES) {
      float value = (float) ((int) (next() >> 32) * step);
      chunk.set(
          SHORT,
          at,
          dtype == DType.BF16
              ? (short) (Float.floatToRawIntBits(value) >>> 16)
              : Float.floatToFloat16(value));
    }
  }

  /** What one step of a random int is worth in a uniform distribution of this spread. */
  private double uniformStep() {
    return spread * Math.sqrt(3) / (1L << 31);
  }

  private void setScales(MemorySegment chunk) {
    WeightPattern pattern = WeightPattern.of(dtype);
    double scale = spread / pattern.spread();
    short scaleBits = Float.floatToFloat16((float) scale);
    short offsetBits = Float.floatToFloat16((float) (scale * pattern.offsetRatio()));
    for (long at = 0; at < chunk.byteSize(); at += dtype.blockBytes()) {
      switch (dtype) {
        case IQ1_M -> spellScale(chunk, at + dtype.blockBytes() - Long.BYTES, scaleBits);
        case MXFP4 -> chunk.set(ValueLayout.JAVA_BYTE, at, (byte) (E8M0_ONE + exponent(scale)));
        case NVFP4 ->
            chunk.set(INT, at, (UE4M3_ONE + 8 * Math.max(-6, exponent(scale))) * 0x01010101);
        default -> {
          chunk.set(SHORT, at + pattern.scaleAt(), scaleBits);
          if (pattern.offsetAt() != WeightPattern.NONE) {
            chunk.set(SHORT, at + pattern.offsetAt(), offsetBits);
          }
        }
      }
    }
  }

  private static int exponent(double scale) {
    return Math.getExponent(scale);
  }

  /** IQ1_M spreads its scale over the top nibbles of four 16-bit words. */
  private static void spellScale(MemorySegment chunk, long at, short scaleBits) {
    long words = chunk.get(LONG, at) & 0x0fff0fff0fff0fffL;
    long bits = scaleBits & 0xffffL;
    for (int i = 0; i < 4; i++) {
      words |= (bits >>> (4 * i) & 0xf) << (16 * i + 12);
    }
    chunk.set(LONG, at, words);
  }
}
