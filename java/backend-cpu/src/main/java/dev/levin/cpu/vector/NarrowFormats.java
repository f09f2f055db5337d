package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.IntegerFormat.limit;
import static dev.levin.cpu.vector.IntegerFormat.order;

import dev.levin.core.DType;

/** The formats that vectors of 256 bits multiply as integers. */
final class NarrowFormats {
  /** Pairs are of values that follow each other. */
  private static final int[] IN_PLACE = order(Pairs.UNIT, slot -> slot);

  private NarrowFormats() {}

  static IntegerFormat make(DType dtype) {
    return switch (dtype) {
      case Q4_0 ->
          new IntegerFormat(
              new Q40Narrow(), 1, 8, false, limit(8, 1), Q40Narrow.REBIAS, 0, IN_PLACE, 16);
      default -> null;
    };
  }
}
