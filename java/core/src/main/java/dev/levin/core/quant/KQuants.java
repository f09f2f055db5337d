package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.unsignedByte;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Super-blocks of 256 values: one or two F16 scales, and small integer scales for groups of 16 or
 * 32 values. Offsets name the fields as {@link DType} lists them.
 */
final class KQuants {
  private static final int VALUES = 256;

  private KQuants() {}

  static final class Q2_K extends SearchedCodec {
    static final int SCALES = 0;
    static final int QS = 16;
    static final int D = 80;
    static final int DMIN = 82;

    Q2_K() {
      super(DType.Q2_K);
    }

    @Override
    BlockEncoder newEncoder() {
      return new KQuantEncoders.Q2_K();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at + D);
      float dmin = half(source, at + DMIN);
      for (int group = 0; group < VALUES / 16; group++) {
        int packed = unsignedByte(source, at + SCALES + group);
        float scale = d * (packed & 15);
        float min = dmin * (packed >> 4);
        long bytes = at + QS + group / 8 * 32 + group % 2 * 16;
        int shift = group / 2 % 4 * 2;
        for (int i = 0; i < 16; i++) {
          int q = unsignedByte(source, bytes + i) >> shift & 3;
          target[to + group * 16 + i] = scale * q - min;
        }
      }
    }
  }

  static final class Q3_K extends SearchedCodec {
    static final int HMASK = 0;
    static final int QS = 32;
    static final int SCALES = 96;
    static final int D = 108;

    Q3_K() {
      super(DType.Q3_K);
    }

    @Override
    BlockEncoder newEncoder() {
      return new KQuantEncoders.Q3_K();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at + D);
      for (int group = 0; group < VALUES / 16; group++) {
        float scale = d * (scale(source, at + SCALES, group) - 32);
        int column = group % 2 * 16;
        long lowBits = at + QS + group / 8 * 32 + column;
        int shift = group / 2 % 4 * 2;
        for (int i = 0; i < 16; i++) {
          int low = unsignedByte(source, lowBits + i) >> shift & 3;
          int high = unsignedByte(source, at + HMASK + column + i) >> group / 2 & 1;
          target[to + group * 16 + i] = scale * (low + 4 * high - 4);
        }
      }
    }

    /** Eight bytes hold the low nibbles of two scales each, four bytes two high bits of four. */
    private static int scale(MemorySegment source, long scales, int group) {
      int low = unsignedByte(source, scales + group % 8) >> group / 8 * 4 & 15;
      int high = unsignedByte(source, scales + 8 + group % 4) >> group / 4 * 2 & 3;
      return low | high << 4;
    }
  }

  static final class Q4_K extends SearchedCodec {
    static final int SCALES = 4;
    static final int QS = 16;

    Q4_K() {
      super(DType.Q4_K);
    }

    @Override
    BlockEncoder newEncoder() {
      return new KQuantEncoders.Q4_K();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      float dmin = half(source, at + 2);
      for (int group = 0; group < VALUES / 32; group++) {
        float scale = d * sixBitScale(source, at + SCALES, group);
        float min = dmin * sixBitMin(source, at + SCALES, group);
        long bytes = at + QS + group / 2 * 32;
        int shift = group % 2 * 4;
        for (int i = 0; i < 32; i++) {
          int q = unsignedByte(source, bytes + i) >> shift & 15;
          target[to + group * 32 + i] = scale * q - min;
        }
      }
    }
  }

  static final class Q5_K extends SearchedCodec {
    static final int SCALES = 4;
    static final int QH = 16;
    static final int QS = 48;

    Q5_K() {
      super(DType.Q5_K);
    }

    @Override
    BlockEncoder newEncoder() {
      return new KQuantEncoders.Q5_K();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      float dmin = half(source, at + 2);
      for (int group = 0; group < VALUES / 32; group++) {
        float scale = d * sixBitScale(source, at + SCALES, group);
        float min = dmin * sixBitMin(source, at + SCALES, group);
        long bytes = at + QS + group / 2 * 32;
        int shift = group % 2 * 4;
        for (int i = 0; i < 32; i++) {
          int low = unsignedByte(source, bytes + i) >> shift & 15;
          int high = unsignedByte(source, at + QH + i) >> group & 1;
          target[to + group * 32 + i] = scale * (low | high << 4) - min;
        }
      }
    }
  }

  static final class Q6_K extends SearchedCodec {
    static final int QL = 0;
    static final int QH = 128;
    static final int SCALES = 192;
    static final int D = 208;

    Q6_K() {
      super(DType.Q6_K);
    }

    @Override
    BlockEncoder newEncoder() {
      return new KQuantEncoders.Q6_K();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at + D);
      for (int group = 0; group < VALUES / 16; group++) {
        float scale = d * source.get(LittleEndian.BYTE, at + SCALES + group);
        int quarter = group / 2 % 4;
        int column = group % 2 * 16;
        long lowBits = at + QL + group / 8 * 64 + quarter % 2 * 32 + column;
        long highBits = at + QH + group / 8 * 32 + column;
        for (int i = 0; i < 16; i++) {
          int low = unsignedByte(source, lowBits + i) >> quarter / 2 * 4 & 15;
          int high = unsignedByte(source, highBits + i) >> quarter * 2 & 3;
          target[to + group * 16 + i] = scale * ((low | high << 4) - 32);
        }
      }
    }
  }

  /**
   * Scale of a group of 32 in the 12 bytes that Q4_K and Q5_K share: groups 0 to 3 have theirs in
   * the low six bits of bytes 0 to 3; groups 4 to 7 have a nibble in bytes 8 to 11 and their top
   * two bits above the scales of groups 0 to 3.
   */
  private static int sixBitScale(MemorySegment source, long packed, int group) {
    if (group < 4) {
      return unsignedByte(source, packed + group) & 63;
    }
    int low = unsignedByte(source, packed + group + 4) & 15;
    return low | unsignedByte(source, packed + group - 4) >> 6 << 4;
  }

  /** Like the scale, with the six-bit fields in bytes 4 to 7 and the upper nibbles. */
  private static int sixBitMin(MemorySegment source, long packed, int group) {
    if (group < 4) {
      return unsignedByte(source, packed + group + 4) & 63;
    }
    int low = unsignedByte(source, packed + group + 4) >> 4;
    return low | unsignedByte(source, packed + group) >> 6 << 4;
  }
}
