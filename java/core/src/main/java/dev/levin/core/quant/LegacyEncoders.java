package dev.levin.core.quant;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Encoders of {@link LegacyQuants} for values that are not equally important. Unlike the one-pass
 * encoders, which are those of the reference, they search for the scale.
 */
final class LegacyEncoders {
  private LegacyEncoders() {}

  /** Q4_0 and Q5_0: d, fifth bits if there are any, nibbles. */
  static final class Symmetric extends BlockEncoder {
    private static final int FIFTHS = 2;
    private final boolean fiveBits;
    private final SingleScale fit;

    Symmetric(DType dtype) {
      super(dtype.blockValues());
      fiveBits = dtype == DType.Q5_0;
      int zero = fiveBits ? 16 : 8;
      Codebook codebook = Codebook.integers(-zero, zero - 1);
      fit = new SingleScale(block, codebook, new ScaleSearch(codebook, zero - 2, zero + 1, 13));
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      packCodes(fit.codes, fiveBits, target, at + FIFTHS);
    }
  }

  /** Q4_1 and Q5_1: d, m, fifth bits if there are any, nibbles. */
  static final class Affine extends BlockEncoder {
    private static final int MINIMUM = 2;
    private static final int FIFTHS = 4;
    private final boolean fiveBits;
    private final AffineSearch search;
    private final byte[] codes;

    Affine(DType dtype) {
      super(dtype.blockValues());
      fiveBits = dtype == DType.Q5_1;
      int largest = fiveBits ? 31 : 15;
      search = new AffineSearch(largest, true, largest - 1.5, largest + 2, 15);
      codes = new byte[dtype.blockValues()];
    }

    /** The minimum is fitted to the rounded scale, so it makes up for part of the rounding. */
    @Override
    void encode(MemorySegment target, long at) {
      search.find(block, 0, codes.length);
      short d = block.half(search.scale);
      float scale = block.normalized(d);
      float inverse = Extremes.inverse(scale);
      search.measure(block, 0, codes.length, inverse, (float) search.minimum);
      short m = block.half(-search.minimumFor(scale));
      float minimum = -block.normalized(m);
      for (int i = 0; i < codes.length; i++) {
        codes[i] = (byte) search.level(block.values[i], inverse, minimum);
      }
      target.set(LittleEndian.SHORT, at, d);
      target.set(LittleEndian.SHORT, at + MINIMUM, m);
      packCodes(codes, fiveBits, target, at + FIFTHS);
    }
  }

  private static void packCodes(byte[] codes, boolean fiveBits, MemorySegment target, long at) {
    if (!fiveBits) {
      Nibbles.pack(codes, 0, target, at);
      return;
    }
    int fifths = 0;
    for (int i = 0; i < codes.length; i++) {
      fifths |= codes[i] >> 4 << i;
    }
    target.set(LittleEndian.INT, at, fifths);
    Nibbles.pack(codes, 0, target, at + Integer.BYTES);
  }
}
