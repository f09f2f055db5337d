package dev.levin.formats.synthetic;

import dev.levin.core.DType;

/**
 * Where the scales of a block type lie and what random bytes in the rest of a block decode to, so
 * that random blocks can be given a chosen spread.
 *
 * @param scaleAt byte of the F16 scale in a block, or {@link #NONE} where scales are no F16
 * @param offsetAt byte of the F16 offset, or {@link #NONE}
 * @param offsetRatio offset per scale that brings the mean to zero
 * @param spread root mean square of the values that random bytes decode to with a scale of 1
 */
record WeightPattern(int scaleAt, int offsetAt, double offsetRatio, double spread) {
  static final int NONE = -1;

  private static WeightPattern scaled(int scaleAt, double spread) {
    return new WeightPattern(scaleAt, NONE, 0, spread);
  }

  /** The pattern of a weight type, null for the types that are not block types of weights. */
  static WeightPattern of(DType dtype) {
    return switch (dtype) {
      case Q4_0 -> scaled(0, 4.6);
      case Q4_1 -> new WeightPattern(0, 2, -7.5, 4.6);
      case Q5_0 -> scaled(0, 9.2);
      case Q5_1 -> new WeightPattern(0, 2, -15.5, 9.2);
      case Q8_0 -> scaled(0, 74);
      case Q2_K -> new WeightPattern(80, 82, 1.5, 13.7);
      case Q3_K -> scaled(108, 43);
      case Q4_K -> new WeightPattern(0, 2, 7.5, 260);
      case Q5_K -> new WeightPattern(0, 2, 15.5, 530);
      case Q6_K -> scaled(208, 1370);
      case IQ1_S -> scaled(0, 7.2);
      case IQ1_M -> scaled(NONE, 7.2);
      case IQ2_XXS, IQ2_XS, IQ2_S -> scaled(0, 55);
      case IQ3_XXS -> scaled(0, 140);
      case IQ3_S -> scaled(0, 140);
      case IQ4_NL -> scaled(0, 70);
      case IQ4_XS -> scaled(0, 1300);
      case TQ1_0 -> scaled(52, 0.82);
      case TQ2_0 -> scaled(64, 0.71);
      case MXFP4, NVFP4 -> scaled(NONE, 2.9);
      default -> null;
    };
  }
}
