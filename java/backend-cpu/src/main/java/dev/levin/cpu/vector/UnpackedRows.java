package dev.levin.cpu.vector;

import java.lang.foreign.MemorySegment;

/** Weight rows as integers, for {@link IntegerTiles}. */
final class UnpackedRows {
  /** Two vectors of pairs a unit. */
  MemorySegment pairs = MemorySegment.NULL;

  /** A vector of scales a unit. */
  MemorySegment scales = MemorySegment.NULL;

  /** A vector a block of 256 values: its last eight lanes are minima of 32 values each. */
  MemorySegment minima = MemorySegment.NULL;

  /** Units of a row. */
  int units;

  void reset(int rows, int units) {
    this.units = units;
    int vectors = rows * units;
    if (scales.byteSize() < (long) Pairs.BYTES_OF_VECTOR * vectors) {
      pairs = Pairs.allocate(2L * vectors);
      scales = Pairs.allocate(vectors);
      minima = Pairs.allocate(vectors / Pairs.UNITS_OF_BLOCK);
    }
  }
}
