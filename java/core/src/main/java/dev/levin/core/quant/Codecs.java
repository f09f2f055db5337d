package dev.levin.core.quant;

import dev.levin.core.DType;

/**
 * The codec of every dtype.
 *
 * <p>Integers and U8 decode to the nearest float and are read only, as are IQ1_S and IQ1_M.
 * Encoders of the other block types are one pass over a block, byte for byte that of the format's
 * reference, except for K- and IQ-quants, which are searches for the scales of least squared error.
 * With importance, Q4_0 to Q5_1 are as well. In Q2_K, IQ2 and IQ3 larger values count for more,
 * which keeps the size of what is computed with them.
 *
 * <p>Block encoders expect finite values: one that is not finite affects its own block and no
 * other. One-pass encoders may then write a block that is not finite, searching ones never do.
 */
public final class Codecs {
  private static final BlockCodec[] ALL = new BlockCodec[DType.values().length];

  static {
    for (DType dtype : DType.values()) {
      ALL[dtype.ordinal()] = create(dtype);
    }
  }

  private Codecs() {}

  /**
   * The codec of {@code dtype}, always the same instance.
   *
   * @throws IllegalArgumentException for BOOL, whose elements are not numbers
   */
  public static BlockCodec of(DType dtype) {
    BlockCodec codec = ALL[dtype.ordinal()];
    if (codec == null) {
      throw new IllegalArgumentException(dtype + " has no codec: its elements are not numbers");
    }
    return codec;
  }

  private static BlockCodec create(DType dtype) {
    return switch (dtype) {
      case BOOL -> null;
      case F64 -> new PlainCodecs.F64();
      case F32 -> new PlainCodecs.F32();
      case F16 -> new PlainCodecs.F16();
      case BF16 -> new PlainCodecs.BF16();
      case F8_E4M3 -> new PlainCodecs.F8E4M3();
      case F8_E5M2 -> new PlainCodecs.F8E5M2();
      case U8 -> new IntegerCodecs.U8();
      case I8 -> new IntegerCodecs.I8();
      case I16 -> new IntegerCodecs.I16();
      case I32 -> new IntegerCodecs.I32();
      case I64 -> new IntegerCodecs.I64();
      case Q4_0 -> new LegacyQuants.Q4_0();
      case Q4_1 -> new LegacyQuants.Q4_1();
      case Q5_0 -> new LegacyQuants.Q5_0();
      case Q5_1 -> new LegacyQuants.Q5_1();
      case Q8_0 -> new EightBitQuants.Q8_0();
      case Q8_1 -> new EightBitQuants.Q8_1();
      case Q8_K -> new EightBitQuants.Q8_K();
      case Q2_K -> new KQuants.Q2_K();
      case Q3_K -> new KQuants.Q3_K();
      case Q4_K -> new KQuants.Q4_K();
      case Q5_K -> new KQuants.Q5_K();
      case Q6_K -> new KQuants.Q6_K();
      case IQ1_S -> new Iq1Quants.IQ1_S();
      case IQ1_M -> new Iq1Quants.IQ1_M();
      case IQ2_XXS -> new Iq2Quants.IQ2_XXS();
      case IQ2_XS -> new Iq2Quants.IQ2_XS();
      case IQ2_S -> new Iq2Quants.IQ2_S();
      case IQ3_XXS -> new Iq3Quants.IQ3_XXS();
      case IQ3_S -> new Iq3Quants.IQ3_S();
      case IQ4_NL -> new Iq4Quants.IQ4_NL();
      case IQ4_XS -> new Iq4Quants.IQ4_XS();
      case TQ1_0 -> new TernaryQuants.TQ1_0();
      case TQ2_0 -> new TernaryQuants.TQ2_0();
      case I2_S -> new TernaryQuants.I2_S();
      case MXFP4 -> new Microscaling.MXFP4();
      case NVFP4 -> new Microscaling.NVFP4();
    };
  }
}
