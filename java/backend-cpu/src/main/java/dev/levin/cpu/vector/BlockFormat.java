package dev.levin.cpu.vector;

import dev.levin.core.DType;

/**
 * How rows of blocks of 32 values are multiplied with activations of eight bits.
 *
 * @param rows the kernels
 * @param offset what is subtracted from codes as kernels read them
 * @param rebias what scales of activations are multiplied by, for those of weights as kernels read
 *     them
 * @param overrun bytes that are read past the end of a row
 */
record BlockFormat(BlockPairs rows, int offset, float rebias, int overrun) {
  private static final BlockFormat[] FORMATS = new BlockFormat[DType.values().length];

  /** The format of a dtype, or null when it has no kernels. */
  static BlockFormat of(DType dtype) {
    BlockFormat format = FORMATS[dtype.ordinal()];
    if (format == null && Pairs.wide()) {
      format = make(dtype);
      FORMATS[dtype.ordinal()] = format;
    }
    return format;
  }

  private static BlockFormat make(DType dtype) {
    return switch (dtype) {
      case IQ4_NL -> new BlockFormat(new Iq4NlPairs(), 127, 0x1p112f, 28);
      default -> null;
    };
  }
}
