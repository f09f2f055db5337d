package dev.levin.cpu.vector;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Weight rows as integers, for {@link IntegerTiles}. */
final class UnpackedRows {
  /** Two vectors of pairs a unit. */
  MemorySegment pairs = MemorySegment.NULL;

  /** A vector of scales a unit. */
  MemorySegment scales = MemorySegment.NULL;

  /** Minima as their sums in {@link IntegerActivations}, negative ones of what is added. */
  MemorySegment minima = MemorySegment.NULL;

  /** Values of a row. */
  int k;

  /** Units of a row. */
  int units;

  void reset(int rows, int units, int k) {
    this.k = k;
    this.units = units;
    int vectors = rows * units;
    if (scales.byteSize() < (long) Pairs.BYTES_OF_VECTOR * vectors) {
      pairs = Pairs.allocate(2L * vectors);
      scales = Pairs.allocate(vectors);
      minima = Pairs.allocate((long) rows * Math.ceilDiv(units, 4));
    }
  }

  /**
   * Stores a unit of codes.
   *
   * @param codes those of both vectors, of the second shifted to the left in each half of a lane
   * @param shift by how many bits
   */
  void store(int unit, IntVector codes, int shift) {
    long to = 2L * Pairs.BYTES_OF_VECTOR * unit;
    codes.intoMemorySegment(pairs, to, Lanes.ORDER);
    codes
        .reinterpretAsShorts()
        .lanewise(VectorOperators.LSHR, shift)
        .intoMemorySegment(pairs, to + Pairs.BYTES_OF_VECTOR, Lanes.ORDER);
  }

  /** As {@link #store(int, IntVector, int)}, of codes that are larger than their values. */
  void store(int unit, IntVector codes, int shift, int offset) {
    long to = 2L * Pairs.BYTES_OF_VECTOR * unit;
    codes.sub(offset + (offset << shift)).intoMemorySegment(pairs, to, Lanes.ORDER);
    codes
        .reinterpretAsShorts()
        .lanewise(VectorOperators.LSHR, shift)
        .reinterpretAsInts()
        .sub(offset)
        .intoMemorySegment(pairs, to + Pairs.BYTES_OF_VECTOR, Lanes.ORDER);
  }
}
