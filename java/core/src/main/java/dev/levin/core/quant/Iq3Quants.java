package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.unsignedByte;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Points of four magnitudes with separate signs; eight points share a scale. */
final class Iq3Quants {
  private static final int POINTS = 64;

  private Iq3Quants() {}

  static final class IQ3_XXS extends SearchedCodec {
    static final int QS = 2;
    static final int SCALES_AND_SIGNS = 66;

    IQ3_XXS() {
      super(DType.IQ3_XXS);
    }

    @Override
    BlockEncoder newEncoder() {
      return new GridEncoders.IQ3_XXS();
    }

    /** Eight points share a word: seven signs for each two of them, then the scale. */
    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        int word = source.get(LittleEndian.INT, at + SCALES_AND_SIGNS + point / 8 * 4);
        float scale = d * (0.5f + (word >>> 28)) * 0.5f;
        int signs = IqSigns.withParity(word >>> point / 2 % 4 * 7 & 127) >> point % 2 * 4;
        int first = 4 * unsignedByte(source, at + QS + point);
        IqSigns.apply(IqGrids.IQ3_XXS, first, 4, scale, signs, target, to + 4 * point);
      }
    }
  }

  static final class IQ3_S extends SearchedCodec {
    static final int QS = 2;
    static final int QH = 66;
    static final int SIGNS = 74;
    static final int SCALES = 106;

    IQ3_S() {
      super(DType.IQ3_S);
    }

    @Override
    BlockEncoder newEncoder() {
      return new GridEncoders.IQ3_S();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        int fourBits = unsignedByte(source, at + SCALES + point / 16) >> point / 8 % 2 * 4 & 15;
        float scale = d * (1 + 2 * fourBits);
        int signs = unsignedByte(source, at + SIGNS + point / 2) >> point % 2 * 4;
        int high = unsignedByte(source, at + QH + point / 8) >> point % 8 & 1;
        int first = 4 * (unsignedByte(source, at + QS + point) | high << 8);
        IqSigns.apply(IqGrids.IQ3_S, first, 4, scale, signs, target, to + 4 * point);
      }
    }
  }
}
