package dev.levin.cpu.vector;

/** Weight rows as integers, for {@link IntegerTiles}. */
final class UnpackedRows {
  /** Two vectors of pairs a unit. */
  int[] pairs = {};

  /** A vector of scales a unit. */
  float[] scales = {};

  /** A vector a block of 256 values: its upper lanes are minima of 32 values each. */
  float[] minima = {};

  /** Units of a row. */
  int units;

  void reset(int rows, int units) {
    this.units = units;
    int vectors = rows * units;
    if (scales.length < vectors * Pairs.COUNT) {
      pairs = new int[vectors * 2 * Pairs.COUNT];
      scales = new float[vectors * Pairs.COUNT];
      minima = new float[vectors / 4 * Pairs.COUNT];
    }
  }
}
