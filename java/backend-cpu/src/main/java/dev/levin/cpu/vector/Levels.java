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

  /** The codes themselves. */
  private static final Levels UNSIGNED = of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

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

  /**
   * The levels times a factor, for {@link #of(IntVector, IntVector)}: one product for all values of
   * a group where a vector holds all levels, else the factor alone.
   */
  IntVector scaled(float factor) {
    FloatVector levels =
        COUNT == SIZE ? part0.reinterpretAsFloats() : FloatVector.broadcast(Lanes.FLOATS, 1f);
    return levels.mul(factor).reinterpretAsInts();
  }

  /** The levels of the codes in the low four bits of the lanes, times what they were scaled by. */
  FloatVector of(IntVector codes, IntVector scaled) {
    if (COUNT == SIZE) {
      return codes.selectFrom(scaled).reinterpretAsFloats();
    }
    return of(codes).mul(scaled.reinterpretAsFloats());
  }

  /** {@code scale * code + offset} of all codes, where a vector holds them. */
  static IntVector affine(float scale, float offset) {
    return UNSIGNED
        .part0
        .reinterpretAsFloats()
        .fma(
            FloatVector.broadcast(Lanes.FLOATS, scale), FloatVector.broadcast(Lanes.FLOATS, offset))
        .reinterpretAsInts();
  }

  /**
   * {@code scale * code + offset} of the low four bits of the lanes; {@code table} is {@link
   * #affine(float, float)} of both.
   */
  static FloatVector affine(IntVector codes, IntVector table, float scale, float offset) {
    if (COUNT == SIZE) {
      return codes.selectFrom(table).reinterpretAsFloats();
    }
    return Widen.affine(codes.and(15), scale, offset);
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
