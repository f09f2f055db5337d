package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.half;
import static dev.levin.core.quant.LittleEndian.unsignedByte;
import static dev.levin.core.quant.LittleEndian.unsignedShort;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/** Points of eight magnitudes with separate signs; x = d * (scale + 1/2) / 4 * magnitude. */
final class Iq2Quants {
  private static final int POINTS = 32;

  private Iq2Quants() {}

  private static float scale(float d, int fourBits) {
    return d * (0.5f + fourBits) * 0.25f;
  }

  /** The scale of a point where two points share a nibble. */
  private static float pairScale(MemorySegment source, long scales, float d, int point) {
    return scale(d, unsignedByte(source, scales + point / 4) >> point / 2 % 2 * 4 & 15);
  }

  static final class IQ2_XXS extends SearchedCodec {
    static final int QS = 2;

    IQ2_XXS() {
      super(DType.IQ2_XXS);
    }

    @Override
    BlockEncoder newEncoder() {
      return new GridEncoders.IQ2_XXS();
    }

    /** Four points share eight bytes: their indices, then four times seven signs and the scale. */
    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        long group = at + QS + point / 4 * 8;
        int word = source.get(LittleEndian.INT, group + 4);
        int index = unsignedByte(source, group + point % 4);
        int signs = IqSigns.withParity(word >>> point % 4 * 7 & 127);
        float scale = scale(d, word >>> 28);
        IqSigns.apply(IqGrids.IQ2_XXS, 8 * index, 8, scale, signs, target, to + 8 * point);
      }
    }
  }

  static final class IQ2_XS extends SearchedCodec {
    static final int QS = 2;
    static final int SCALES = 66;

    IQ2_XS() {
      super(DType.IQ2_XS);
    }

    @Override
    BlockEncoder newEncoder() {
      return new GridEncoders.IQ2_XS();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        int word = unsignedShort(source, at + QS + 2 * point);
        int signs = IqSigns.withParity(word >> 9);
        float scale = pairScale(source, at + SCALES, d, point);
        int first = 8 * (word & 511);
        IqSigns.apply(IqGrids.IQ2_XS, first, 8, scale, signs, target, to + 8 * point);
      }
    }
  }

  static final class IQ2_S extends SearchedCodec {
    static final int QS = 2;
    static final int SIGNS = 34;
    static final int QH = 66;
    static final int SCALES = 74;

    IQ2_S() {
      super(DType.IQ2_S);
    }

    @Override
    BlockEncoder newEncoder() {
      return new GridEncoders.IQ2_S();
    }

    @Override
    void decodeBlock(MemorySegment source, long at, float[] target, int to) {
      float d = half(source, at);
      for (int point = 0; point < POINTS; point++) {
        int high = unsignedByte(source, at + QH + point / 4) >> point % 4 * 2 & 3;
        int index = unsignedByte(source, at + QS + point) | high << 8;
        int signs = unsignedByte(source, at + SIGNS + point);
        float scale = pairScale(source, at + SCALES, d, point);
        IqSigns.apply(IqGrids.IQ2_S, 8 * index, 8, scale, signs, target, to + 8 * point);
      }
    }
  }
}
