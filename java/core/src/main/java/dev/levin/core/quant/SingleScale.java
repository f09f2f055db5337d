package dev.levin.core.quant;

/**
 * Fits d * level to a block: one F16 d, a level per value. A block of values so small that every d
 * that F16 has does worse than zeros becomes zeros.
 */
final class SingleScale {
  private static final int REFINEMENTS = 2;

  private final NormalizedBlock block;
  private final Codebook codebook;
  private final ScaleSearch search;

  /** The result: an F16. */
  short d;

  /** The result: one for each value, as the codebook numbers its levels. */
  final byte[] codes;

  SingleScale(NormalizedBlock block, Codebook codebook, ScaleSearch search) {
    this.block = block;
    this.codebook = codebook;
    this.search = search;
    this.codes = new byte[block.values.length];
  }

  void fit() {
    float scale = search.find(block, 0, codes.length);
    for (int i = 0; i < REFINEMENTS; i++) {
      search.measure(block, 0, codes.length, Extremes.inverse(scale));
      scale = search.squares > 0 ? search.scale() : scale;
    }
    d = block.half(scale);
    scale = block.normalized(d);
    search.measure(block, 0, codes.length, Extremes.inverse(scale));
    if (search.gain(scale) <= 0) {
      d = 0;
      scale = 0;
    }
    float inverse = Extremes.inverse(scale);
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) codebook.code(block.values[i] * inverse);
    }
  }
}
