package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.unsignedByte;
import static dev.levin.core.quant.LittleEndian.unsignedShort;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Four bits that choose one of 16 levels, denser near zero, as weights are. */
final class Iq4Quants {
  private static final byte[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private Iq4Quants() {}

  static final class IQ4_NL extends BlockwiseCodec {
    private static final int QS = 2;

    IQ4_NL() {
      super(DType.IQ4_NL, false);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      decodeGroup(source, at + QS, half(source, at), target, to);
    }
  }

  static final class IQ4_XS extends BlockwiseCodec {
    private static final int HIGH_SCALES = 2;
    private static final int LOW_SCALES = 4;
    private static final int QS = 8;
    private static final int GROUPS = 8;

    IQ4_XS() {
      super(DType.IQ4_XS, false);
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      int highScales = unsignedShort(source, at + HIGH_SCALES);
      for (int group = 0; group < GROUPS; group++) {
        int low = unsignedByte(source, at + LOW_SCALES + group / 2) >> group % 2 * 4 & 15;
        int high = highScales >> 2 * group & 3;
        float scale = d * ((low | high << 4) - 32);
        decodeGroup(source, at + QS + 16 * group, scale, target, to + 32 * group);
      }
    }
  }

  /** 32 values: the low nibbles of 16 bytes, then the high ones. */
  private static void decodeGroup(
      MemorySegment source, long at, float scale, float[] target, int to) {
    for (int i = 0; i < 16; i++) {
      int pair = unsignedByte(source, at + i);
      target[to + i] = scale * LEVELS[pair & 15];
      target[to + i + 16] = scale * LEVELS[pair >> 4];
    }
  }
}
