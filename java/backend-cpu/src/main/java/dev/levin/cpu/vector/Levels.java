package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.INTS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Sixteen numbers that four-bit codes stand for, looked up in registers. A vector of 16 lanes holds
 * them all; narrower ones hold them in parts, of which the upper bits of a code choose one.
 */
final class Levels {
  static final int SIZE = 16;

  private final IntVector part0;
  private final IntVector part1;
  private final IntVector part2;
  private final IntVector part3;

  private Levels(int[] bits) {
    part0 = part(bits, 0);
    part1 = part(bits, 1);
    part2 = part(bits, 2);
    part3 = part(bits, 3);
  }

  static Levels of(int... levels) {
    int[] bits = new int[SIZE];
    for (int code = 0; code < SIZE; code++) {
      bits[code] = Float.floatToRawIntBits(levels[code]);
    }
    return new Levels(bits);
  }

  private static IntVector part(int[] bits, int index) {
    return IntVector.fromArray(INTS, bits, index * COUNT % SIZE);
  }

  /** The levels of the codes in the low four bits of the lanes, whatever is above them. */
  FloatVector of(IntVector codes) {
    IntVector bits = codes.selectFrom(part0);
    if (COUNT == 8) {
      bits = bits.blend(codes.selectFrom(part1), codes.and(8).compare(VectorOperators.NE, 0));
    }
    if (COUNT == 4) {
      IntVector upper = codes.selectFrom(part2);
      var odd = codes.and(4).compare(VectorOperators.NE, 0);
      bits = bits.blend(codes.selectFrom(part1), odd);
      upper = upper.blend(codes.selectFrom(part3), odd);
      bits = bits.blend(upper, codes.and(8).compare(VectorOperators.NE, 0));
    }
    return bits.reinterpretAsFloats();
  }
}
