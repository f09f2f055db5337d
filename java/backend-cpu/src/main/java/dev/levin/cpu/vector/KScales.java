package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.B2F;

import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;

/** The scales of a block of 256 values in one vector, and where the lanes of a unit find theirs. */
final class KScales {
  private KScales() {}

  /** Which scale each lane takes. */
  static IntVector lanes(IntUnaryOperator scaleOfLane) {
    int[] index = new int[COUNT];
    java.util.Arrays.setAll(index, scaleOfLane);
    return IntVector.fromArray(INTS, index, 0);
  }

  /**
   * The integer scales of a block of Q4_K or Q5_K, and behind them its minima.
   *
   * @param first bytes 0 to 7 of the block
   * @param second bytes 8 to 15 of the block
   */
  static FloatVector of45(long first, long second) {
    LongVector both =
        LongVector.broadcast(LongVector.SPECIES_128, KQuantScales.scales(first, second))
            .withLane(1, KQuantScales.mins(second));
    return (FloatVector) both.reinterpretAsBytes().convertShape(B2F, Pairs.FLOATS, 0);
  }

  /** Eight signed bytes as the lanes of a vector of 256 bits. */
  static FloatVector of8(long bytes) {
    LongVector twice = LongVector.broadcast(LongVector.SPECIES_128, bytes);
    return (FloatVector) twice.reinterpretAsBytes().convertShape(B2F, Pairs.FLOATS, 0);
  }
}
