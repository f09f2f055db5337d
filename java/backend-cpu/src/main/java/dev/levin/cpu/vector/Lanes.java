package dev.levin.cpu.vector;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The species all kernels share. Initialised once the width is known to be valid. */
final class Lanes {
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(VectorWidth.bits()));

  /** Floats in a vector: 4, 8 or 16. */
  static final int COUNT = FLOATS.length();

  static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(32 * COUNT));

  /** As many shorts as there are floats. */
  static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(16 * COUNT));

  /** As many bytes as there are floats, but twice as many for 4: no vector holds 4 bytes. */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * COUNT)));

  /** The memory of {@link #BYTES}, for operations on all bytes at once that no byte has. */
  static final VectorSpecies<Integer> WORDS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(BYTES.vectorBitSize()));

  private static final VectorShuffle<Float> ROTATE_8 = rotate(8);
  private static final VectorShuffle<Float> ROTATE_4 = rotate(4);
  private static final VectorShuffle<Float> ROTATE_2 = rotate(2);
  private static final VectorShuffle<Float> ROTATE_1 = rotate(1);

  private Lanes() {}

  private static VectorShuffle<Float> rotate(int by) {
    return VectorShuffle.iota(FLOATS, by % COUNT, 1, true);
  }

  /**
   * The sum of all lanes in one fixed order. {@code reduceLanes} leaves the order open, and with it
   * the result before and after compilation.
   */
  static float sum(FloatVector v) {
    FloatVector folded = v;
    if (COUNT > 8) {
      folded = folded.add(folded.rearrange(ROTATE_8));
    }
    if (COUNT > 4) {
      folded = folded.add(folded.rearrange(ROTATE_4));
    }
    folded = folded.add(folded.rearrange(ROTATE_2));
    folded = folded.add(folded.rearrange(ROTATE_1));
    return folded.lane(0);
  }

  static FloatVector zero() {
    return FloatVector.zero(FLOATS);
  }

  /** The number of each lane. */
  static IntVector iota() {
    return IntVector.zero(INTS).addIndex(1);
  }

  static FloatVector load(float[] values, int at) {
    return FloatVector.fromArray(FLOATS, values, at);
  }
}
