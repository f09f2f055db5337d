package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.putByte;

import java.lang.foreign.MemorySegment;

/**
 * The encoders of {@link KQuants}. How many scales a search tries, and over what range, is what
 * lowers the error on normally distributed values; beyond it more tries gain under a percent.
 */
final class KQuantEncoders {
  private static final int VALUES = 256;
  private static final int GROUPS_OF_16 = VALUES / 16;
  private static final int GROUPS_OF_32 = VALUES / 32;
  private static final Codebook THREE_BITS = Codebook.integers(-4, 3);
  private static final Codebook SIX_BITS = Codebook.integers(-32, 31);

  private KQuantEncoders() {}

  static final class Q2_K extends BlockEncoder {
    private static final float EVENNESS = 0.25f;
    private final AffineGroups fit =
        new AffineGroups(block, new AffineSearch(3, false, 2.4, 4.4, 16), GROUPS_OF_16, 15);

    Q2_K() {
      super(VALUES, EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at + KQuants.Q2_K.D, fit.d);
      target.set(LittleEndian.SHORT, at + KQuants.Q2_K.DMIN, fit.dmin);
      for (int group = 0; group < GROUPS_OF_16; group++) {
        int packed = fit.scales[group] | fit.minima[group] << 4;
        putByte(target, at + KQuants.Q2_K.SCALES + group, packed);
      }
      packTwoBits(fit.codes, target, at + KQuants.Q2_K.QS);
    }
  }

  static final class Q3_K extends BlockEncoder {
    private final ScaledGroups fit =
        new ScaledGroups(
            block, THREE_BITS, new ScaleSearch(THREE_BITS, 2.6, 5, 13), GROUPS_OF_16, -32, 31);

    Q3_K() {
      super(VALUES);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at + KQuants.Q3_K.D, fit.d);
      target.set(LittleEndian.SHORT, at + KQuants.Q3_K.D, fit.d);
      packScales(target, at + KQuants.Q3_K.SCALES);
      for (int i = 0; i < 32; i++) {
        int highBits = 0;
        for (int bit = 0; bit < 8; bit++) {
          highBits |= fit.codes[32 * bit + i] >> 2 << bit;
        }
        putByte(target, at + KQuants.Q3_K.HMASK + i, highBits);
      }
      packTwoBits(fit.codes, target, at + KQuants.Q3_K.QS);
    }

    private void packScales(MemorySegment target, long at) {
      int[] highBits = new int[4];
      for (int group = 0; group < 8; group++) {
        int low = fit.scales[group] + 32;
        int high = fit.scales[group + 8] + 32;
        putByte(target, at + group, low & 15 | (high & 15) << 4);
        highBits[group % 4] |= (low >> 4 | high >> 4 << 4) << group / 4 * 2;
      }
      for (int i = 0; i < 4; i++) {
        putByte(target, at + 8 + i, highBits[i]);
      }
    }
  }

  static final class Q4_K extends BlockEncoder {
    private final AffineGroups fit =
        new AffineGroups(block, new AffineSearch(15, false, 13.5, 17, 15), GROUPS_OF_32, 63);

    Q4_K() {
      super(VALUES);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      packHead(fit, target, at);
      packNibblePairs(fit.codes, target, at + KQuants.Q4_K.QS);
    }
  }

  static final class Q5_K extends BlockEncoder {
    private final AffineGroups fit =
        new AffineGroups(block, new AffineSearch(31, false, 29.5, 33, 15), GROUPS_OF_32, 63);

    Q5_K() {
      super(VALUES);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      packHead(fit, target, at);
      for (int i = 0; i < 32; i++) {
        int highBits = 0;
        for (int group = 0; group < GROUPS_OF_32; group++) {
          highBits |= fit.codes[32 * group + i] >> 4 << group;
        }
        putByte(target, at + KQuants.Q5_K.QH + i, highBits);
      }
      packNibblePairs(fit.codes, target, at + KQuants.Q5_K.QS);
    }
  }

  static final class Q6_K extends BlockEncoder {
    private final ScaledGroups fit =
        new ScaledGroups(
            block, SIX_BITS, new ScaleSearch(SIX_BITS, 29.5, 33, 8), GROUPS_OF_16, -128, 127);

    Q6_K() {
      super(VALUES);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at + KQuants.Q6_K.D, fit.d);
      for (int group = 0; group < GROUPS_OF_16; group++) {
        putByte(target, at + KQuants.Q6_K.SCALES + group, fit.scales[group]);
      }
      for (int half = 0; half < 2; half++) {
        packHalf(128 * half, target, at + 64 * half, at + KQuants.Q6_K.QH + 32 * half);
      }
    }

    /** 128 values: quarters 0 and 2, 1 and 3 share bytes of low nibbles, all four one of high. */
    private void packHalf(int from, MemorySegment target, long lowBits, long highBits) {
      for (int i = 0; i < 32; i++) {
        int first = fit.codes[from + i];
        int second = fit.codes[from + 32 + i];
        int third = fit.codes[from + 64 + i];
        int fourth = fit.codes[from + 96 + i];
        putByte(target, lowBits + i, first & 15 | (third & 15) << 4);
        putByte(target, lowBits + 32 + i, second & 15 | (fourth & 15) << 4);
        int high = first >> 4 | second >> 4 << 2 | third >> 4 << 4 | fourth >> 4 << 6;
        putByte(target, highBits + i, high);
      }
    }
  }

  /** Byte i of each half holds the low two bits of values i, i + 32, i + 64 and i + 96. */
  private static void packTwoBits(byte[] codes, MemorySegment target, long at) {
    for (int i = 0; i < 64; i++) {
      int from = i / 32 * 128 + i % 32;
      int packed = 0;
      for (int quarter = 0; quarter < 4; quarter++) {
        packed |= (codes[from + 32 * quarter] & 3) << 2 * quarter;
      }
      putByte(target, at + i, packed);
    }
  }

  /** Groups 2 p and 2 p + 1 share 32 bytes, the even one in the lower halves. */
  private static void packNibblePairs(byte[] codes, MemorySegment target, long at) {
    for (int i = 0; i < VALUES / 2; i++) {
      int from = i / 32 * 64 + i % 32;
      putByte(target, at + i, codes[from] & 15 | (codes[from + 32] & 15) << 4);
    }
  }

  /** The fields that Q4_K and Q5_K begin with: d, dmin and 12 bytes of scales and minima. */
  private static void packHead(AffineGroups fit, MemorySegment target, long at) {
    target.set(LittleEndian.SHORT, at, fit.d);
    target.set(LittleEndian.SHORT, at + 2, fit.dmin);
    long packed = at + KQuants.Q4_K.SCALES;
    for (int i = 0; i < 4; i++) {
      int scale = fit.scales[i + 4];
      int minimum = fit.minima[i + 4];
      putByte(target, packed + i, fit.scales[i] | scale >> 4 << 6);
      putByte(target, packed + 4 + i, fit.minima[i] | minimum >> 4 << 6);
      putByte(target, packed + 8 + i, scale & 15 | (minimum & 15) << 4);
    }
  }
}
