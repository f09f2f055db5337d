package dev.levin.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * The sums of sixteen vectors of 512 bits at once, in the order of {@link Lanes#sum}: each step
 * halves two vectors into one, so that they share its additions.
 */
final class SixteenSums {
  /** Vectors, and lanes of each. */
  static final int COUNT = 16;

  static final boolean AVAILABLE = Lanes.COUNT == COUNT;

  private static final IntVector LOW_8 = index(8, 0);
  private static final IntVector HIGH_8 = index(8, 8);
  private static final IntVector LOW_4 = index(4, 0);
  private static final IntVector HIGH_4 = index(4, 4);
  private static final IntVector LOW_2 = index(2, 0);
  private static final IntVector HIGH_2 = index(2, 2);
  private static final IntVector LOW_1 = index(1, 0);
  private static final IntVector HIGH_1 = index(1, 1);

  private SixteenSums() {}

  /** Of every 2 * group lanes of two vectors, those of one half. */
  private static IntVector index(int group, int half) {
    int[] lanes = new int[COUNT];
    for (int i = 0; i < COUNT; i++) {
      lanes[i] = i / group * 2 * group + i % group + half;
    }
    return IntVector.fromArray(IntVector.SPECIES_512, lanes, 0);
  }

  /** Leaves the sum of vector i of {@code lanes}, from {@code at} on, in its lane i. */
  static void fold(float[] lanes, int at) {
    for (int i = 0; i < 4; i++) {
      int from = at + i * 4 * COUNT;
      FloatVector a = halves(load(lanes, from), load(lanes, from + COUNT), LOW_8, HIGH_8);
      FloatVector b =
          halves(load(lanes, from + 2 * COUNT), load(lanes, from + 3 * COUNT), LOW_8, HIGH_8);
      halves(a, b, LOW_4, HIGH_4).intoArray(lanes, from);
    }
    FloatVector a = halves(load(lanes, at), load(lanes, at + 4 * COUNT), LOW_2, HIGH_2);
    FloatVector b =
        halves(load(lanes, at + 8 * COUNT), load(lanes, at + 12 * COUNT), LOW_2, HIGH_2);
    halves(a, b, LOW_1, HIGH_1).intoArray(lanes, at);
  }

  private static FloatVector load(float[] lanes, int at) {
    return FloatVector.fromArray(FloatVector.SPECIES_512, lanes, at);
  }

  private static FloatVector halves(FloatVector a, FloatVector b, IntVector low, IntVector high) {
    IntVector first = a.reinterpretAsInts();
    IntVector second = b.reinterpretAsInts();
    FloatVector lower = low.selectFrom(first, second).reinterpretAsFloats();
    FloatVector upper = high.selectFrom(first, second).reinterpretAsFloats();
    return lower.add(upper);
  }
}
