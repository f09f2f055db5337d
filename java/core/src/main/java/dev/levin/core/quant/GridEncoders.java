package dev.levin.core.quant;

import static dev.levin.core.quant.LittleEndian.putByte;

import java.lang.foreign.MemorySegment;

/** The encoders of {@link Iq2Quants} and {@link Iq3Quants}. */
final class GridEncoders {
  private static final int VALUES = 256;
  private static final int SEVEN_BITS = 127;
  private static final float EVENNESS = 1;

  /** Of IQ2_XXS, whose grid is so coarse that evenly weighed levels shrink the most. */
  private static final float LITTLE_EVENNESS = 0.1f;

  private GridEncoders() {}

  /** Lists of neighbours take a tenth of a second to make: only formats that are written do. */
  private static final class Xxs2 {
    static final GridSearch GRID = new GridSearch(IqGrids.IQ2_XXS, 8);
  }

  private static final class Xs2 {
    static final GridSearch GRID = new GridSearch(IqGrids.IQ2_XS, 8);
  }

  private static final class S2 {
    static final GridSearch GRID = new GridSearch(IqGrids.IQ2_S, 8);
  }

  private static final class Xxs3 {
    static final GridSearch GRID = new GridSearch(IqGrids.IQ3_XXS, 4);
  }

  private static final class S3 {
    static final GridSearch GRID = new GridSearch(IqGrids.IQ3_S, 4);
  }

  static final class IQ2_XXS extends BlockEncoder {
    private final GridGroups fit = new GridGroups(block, Xxs2.GRID, true, 0.125f, 8);

    IQ2_XXS() {
      super(VALUES, LITTLE_EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      for (int group = 0; group < 8; group++) {
        long first = at + Iq2Quants.IQ2_XXS.QS + 8 * group;
        for (int i = 0; i < 4; i++) {
          putByte(target, first + i, fit.points[4 * group + i]);
        }
        target.set(LittleEndian.INT, first + 4, signsAndScale(fit, group));
      }
    }
  }

  static final class IQ2_XS extends BlockEncoder {
    private final GridGroups fit = new GridGroups(block, Xs2.GRID, true, 0.125f, 16);

    IQ2_XS() {
      super(VALUES, EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      for (int point = 0; point < fit.points.length; point++) {
        int word = fit.points[point] | (fit.signs[point] & SEVEN_BITS) << 9;
        target.set(LittleEndian.SHORT, at + Iq2Quants.IQ2_XS.QS + 2L * point, (short) word);
      }
      packScales(fit.scales, target, at + Iq2Quants.IQ2_XS.SCALES);
    }
  }

  static final class IQ2_S extends BlockEncoder {
    private final GridGroups fit = new GridGroups(block, S2.GRID, false, 0.125f, 16);

    IQ2_S() {
      super(VALUES, EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      for (int point = 0; point < fit.points.length; point++) {
        putByte(target, at + Iq2Quants.IQ2_S.QS + point, fit.points[point]);
        putByte(target, at + Iq2Quants.IQ2_S.SIGNS + point, fit.signs[point]);
      }
      for (int i = 0; i < fit.points.length / 4; i++) {
        int high = 0;
        for (int k = 0; k < 4; k++) {
          high |= fit.points[4 * i + k] >> 8 << 2 * k;
        }
        putByte(target, at + Iq2Quants.IQ2_S.QH + i, high);
      }
      packScales(fit.scales, target, at + Iq2Quants.IQ2_S.SCALES);
    }
  }

  static final class IQ3_XXS extends BlockEncoder {
    private final GridGroups fit = new GridGroups(block, Xxs3.GRID, true, 0.25f, 8);

    IQ3_XXS() {
      super(VALUES, EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      for (int point = 0; point < fit.points.length; point++) {
        putByte(target, at + Iq3Quants.IQ3_XXS.QS + point, fit.points[point]);
      }
      for (int group = 0; group < 8; group++) {
        long word = at + Iq3Quants.IQ3_XXS.SCALES_AND_SIGNS + 4 * group;
        target.set(LittleEndian.INT, word, signsAndScale(fit, group));
      }
    }
  }

  static final class IQ3_S extends BlockEncoder {
    private final GridGroups fit = new GridGroups(block, S3.GRID, false, 1, 8);

    IQ3_S() {
      super(VALUES, EVENNESS);
    }

    @Override
    void encode(MemorySegment target, long at) {
      fit.fit();
      target.set(LittleEndian.SHORT, at, fit.d);
      for (int i = 0; i < fit.points.length / 8; i++) {
        int high = 0;
        for (int k = 0; k < 8; k++) {
          int point = fit.points[8 * i + k];
          putByte(target, at + Iq3Quants.IQ3_S.QS + 8 * i + k, point);
          high |= point >> 8 << k;
        }
        putByte(target, at + Iq3Quants.IQ3_S.QH + i, high);
      }
      for (int i = 0; i < fit.signs.length; i++) {
        putByte(target, at + Iq3Quants.IQ3_S.SIGNS + i, fit.signs[i]);
      }
      packScales(fit.scales, target, at + Iq3Quants.IQ3_S.SCALES);
    }
  }

  /** 32 values: four times seven signs, then the scale. */
  private static int signsAndScale(GridGroups fit, int group) {
    int word = fit.scales[group] << 28;
    for (int i = 0; i < 4; i++) {
      word |= (fit.signs[4 * group + i] & SEVEN_BITS) << 7 * i;
    }
    return word;
  }

  private static void packScales(int[] scales, MemorySegment target, long at) {
    for (int i = 0; i < scales.length / 2; i++) {
      putByte(target, at + i, scales[2 * i] | scales[2 * i + 1] << 4);
    }
  }
}
