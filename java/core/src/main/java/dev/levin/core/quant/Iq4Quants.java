package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.putByte;
import static dev.levin.core.quant.LittleEndian.unsignedByte;
import static dev.levin.core.quant.LittleEndian.unsignedShort;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Four bits that choose one of 16 levels, denser near zero, as weights are. */
final class Iq4Quants {
  private static final byte[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private static final Codebook CODEBOOK = new Codebook(LEVELS);

  private Iq4Quants() {}

  private static ScaleSearch newSearch() {
    return new ScaleSearch(CODEBOOK, 104, 148, 12);
  }

  static final class IQ4_NL extends SearchedCodec {
    static final int QS = 2;

    IQ4_NL() {
      super(DType.IQ4_NL);
    }

    @Override
    BlockEncoder newEncoder() {
      return new IQ4_NLEncoder();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      decodeGroup(source, at + QS, half(source, at), target, to);
    }
  }

  static final class IQ4_XS extends SearchedCodec {
    private static final int HIGH_SCALES = 2;
    private static final int LOW_SCALES = 4;
    private static final int QS = 8;
    private static final int GROUPS = 8;

    IQ4_XS() {
      super(DType.IQ4_XS);
    }

    @Override
    BlockEncoder newEncoder() {
      return new IQ4_XSEncoder();
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

  private static final class IQ4_NLEncoder extends BlockEncoder {
    private final SingleScale fit = new SingleScale(block, CODEBOOK, newSearch());

    IQ4_NLEncoder() {
      super(DType.IQ4_NL.blockValues());
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      Nibbles.pack(fit.codes, 0, target, at + IQ4_NL.QS);
    }
  }

  private static final class IQ4_XSEncoder extends BlockEncoder {
    private final ScaledGroups fit =
        new ScaledGroups(block, CODEBOOK, newSearch(), IQ4_XS.GROUPS, -32, 31);

    IQ4_XSEncoder() {
      super(DType.IQ4_XS.blockValues());
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      int highScales = 0;
      for (int group = 0; group < IQ4_XS.GROUPS; group += 2) {
        int even = fit.scales[group] + 32;
        int odd = fit.scales[group + 1] + 32;
        putByte(target, at + IQ4_XS.LOW_SCALES + group / 2, even & 15 | (odd & 15) << 4);
        highScales |= (even >> 4 | odd >> 4 << 2) << 2 * group;
      }
      target.set(LittleEndian.SHORT, at + IQ4_XS.HIGH_SCALES, (short) highScales);
      for (int group = 0; group < IQ4_XS.GROUPS; group++) {
        Nibbles.pack(fit.codes, 32 * group, target, at + IQ4_XS.QS + 16 * group);
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
