package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static dev.levin.cpu.vector.Pairs.SHORTS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Products of {@link TernaryRows} by lookup: what three weights of -1, 0 and 1 make of three
 * activations is one of 27 sums, which a vector of 16-bit lanes holds, so one permutation
 * multiplies and adds for three weights of 32 rows (as bitnet.cpp's TL2,
 * https://arxiv.org/abs/2410.16144).
 */
final class TernaryTables {
  /** Words whose sums 16 bits hold: 63 activations of at most {@link #LIMIT}. */
  private static final int WORDS_OF_SUM = 7;

  /** Largest magnitude of activations. */
  static final int LIMIT = Short.MAX_VALUE / (WORDS_OF_SUM * TernaryRows.WEIGHTS_OF_WORD);

  private static final int TABLE_BYTES = 64;
  private static final int TABLES = 3 * TernaryRows.WORDS;

  /** The weights of each entry. */
  private static final ShortVector FIRST = weights(entry -> entry % 3);

  private static final ShortVector SECOND = weights(entry -> entry / 3 % 3);
  private static final ShortVector THIRD = weights(entry -> entry / 9 % 3);

  private TernaryTables() {}

  private static ShortVector weights(IntUnaryOperator code) {
    short[] values = new short[2 * COUNT];
    for (int entry = 0; entry < 27; entry++) {
      values[entry] = (short) (code.applyAsInt(entry) - 1);
    }
    return ShortVector.fromArray(SHORTS, values, 0);
  }

  /** Memory for the tables of a block. */
  static MemorySegment allocate() {
    return Pairs.allocate(TABLES);
  }

  /** Makes the tables of a block's activations, {@link TernaryRows#SLOTS} from {@code x[at]} on. */
  static void build(short[] x, int at, MemorySegment tables) {
    for (int table = 0; table < TABLES; table++) {
      ShortVector sums = FIRST.mul(x[at + 3 * table]);
      sums = sums.add(SECOND.mul(x[at + 3 * table + 1]));
      sums = sums.add(THIRD.mul(x[at + 3 * table + 2]));
      sums.intoMemorySegment(tables, (long) TABLE_BYTES * table, ORDER);
    }
  }

  /**
   * Adds the products of a block to the accumulators of whole groups of rows, taken in two halves
   * side by side for two streams of reads.
   *
   * @param at where the first group's part of the block begins
   * @param scale of the activations
   */
  static void add(
      MemorySegment rows,
      long at,
      int groups,
      MemorySegment tables,
      float scale,
      float[] sums,
      int sumsAt) {
    long step = Opaque.vectorBytes();
    int half = Math.ceilDiv(groups, 2);
    for (int g = 0; g < half; g++) {
      int other = Math.min(half + g, groups - 1);
      long codes0 = at + g * TernaryRows.GROUP_BYTES;
      long codes1 = at + other * TernaryRows.GROUP_BYTES;
      IntVector even0 = IntVector.zero(INTS);
      IntVector odd0 = IntVector.zero(INTS);
      IntVector even1 = IntVector.zero(INTS);
      IntVector odd1 = IntVector.zero(INTS);
      long t = 0;
      for (int word = 0; word < TernaryRows.WORDS; ) {
        int end = Math.min(word + WORDS_OF_SUM, TernaryRows.WORDS);
        ShortVector sum0 = ShortVector.zero(SHORTS);
        ShortVector sum1 = ShortVector.zero(SHORTS);
        for (; word < end; word++) {
          IntVector v0 = IntVector.fromMemorySegment(INTS, rows, codes0, ORDER);
          IntVector v1 = IntVector.fromMemorySegment(INTS, rows, codes1, ORDER);
          ShortVector table = ShortVector.fromMemorySegment(SHORTS, tables, t, ORDER);
          sum0 = sum0.add(v0.reinterpretAsShorts().selectFrom(table));
          sum1 = sum1.add(v1.reinterpretAsShorts().selectFrom(table));
          table = ShortVector.fromMemorySegment(SHORTS, tables, t + 64, ORDER);
          sum0 = sum0.add(v0.lanewise(LSHR, 5).reinterpretAsShorts().selectFrom(table));
          sum1 = sum1.add(v1.lanewise(LSHR, 5).reinterpretAsShorts().selectFrom(table));
          table = ShortVector.fromMemorySegment(SHORTS, tables, t + 128, ORDER);
          sum0 = sum0.add(v0.lanewise(LSHR, 10).reinterpretAsShorts().selectFrom(table));
          sum1 = sum1.add(v1.lanewise(LSHR, 10).reinterpretAsShorts().selectFrom(table));
          codes0 += step;
          codes1 += step;
          t += 3 * step;
        }
        IntVector both0 = sum0.reinterpretAsInts();
        even0 = even0.add(both0.lanewise(LSHL, 16).lanewise(ASHR, 16));
        odd0 = odd0.add(both0.lanewise(ASHR, 16));
        IntVector both1 = sum1.reinterpretAsInts();
        even1 = even1.add(both1.lanewise(LSHL, 16).lanewise(ASHR, 16));
        odd1 = odd1.add(both1.lanewise(ASHR, 16));
      }
      int to = sumsAt + g * TernaryRows.GROUP;
      add((FloatVector) even0.convertShape(I2F, FLOATS, 0), rows, codes0, scale, sums, to);
      add((FloatVector) odd0.convertShape(I2F, FLOATS, 0), rows, codes0 + 64, scale, sums, to + 16);
      if (half + g < groups) {
        to = sumsAt + other * TernaryRows.GROUP;
        add((FloatVector) even1.convertShape(I2F, FLOATS, 0), rows, codes1, scale, sums, to);
        add(
            (FloatVector) odd1.convertShape(I2F, FLOATS, 0),
            rows,
            codes1 + 64,
            scale,
            sums,
            to + 16);
      }
    }
  }

  private static void add(
      FloatVector products, MemorySegment rows, long scaleAt, float scale, float[] sums, int at) {
    FloatVector.fromMemorySegment(FLOATS, rows, scaleAt, ORDER)
        .mul(scale)
        .fma(products, Pairs.load(sums, at))
        .intoArray(sums, at);
  }
}
