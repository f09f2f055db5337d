package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Two products of small integers in one multiplication, since the Vector API has no instruction
 * that adds neighbouring products.
 *
 * <p>A lane of weights is {@code w0 + w1 * 2^16}, one of activations {@code x1 + x0 * 2^16}. Their
 * 32-bit product has {@code w0 * x0 + w1 * x1} from bit 16 on, above {@code w0 * x1}; the term that
 * would stand above them overflows. Lanes can be added as long as the sums of pairs stay below
 * 2^15; what lies below bit 16 is less than half a unit of them, far less than rounding the
 * activations has cost, and is left there. Sums are exact integers, so their order is free.
 *
 * <p>Eight lanes at most, also where vectors are wider: the sixteen bytes of a block of nibbles
 * fill them.
 */
final class Pairs {
  /** Pairs in a vector: 4 or 8. */
  static final int COUNT = Math.min(8, Lanes.COUNT);

  static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(32 * COUNT));
  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(32 * COUNT));
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(32 * COUNT));
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(16 * COUNT));

  private static final VectorSpecies<Byte> BYTES_OF_INTS =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(32 * COUNT));

  /** A one in both halves of a lane. */
  static final int BOTH = 0x10001;

  /** What a product is multiplied by to have the value of the pairs' sum. */
  static final float UNIT = 0x1p-16f;

  /** Largest sum of pairs. */
  static final int LIMIT = Short.MAX_VALUE - 1;

  private static final VectorShuffle<Float> ROTATE_4 = rotate(4);
  private static final VectorShuffle<Float> ROTATE_2 = rotate(2);
  private static final VectorShuffle<Float> ROTATE_1 = rotate(1);

  private Pairs() {}

  private static VectorShuffle<Float> rotate(int by) {
    return VectorShuffle.iota(FLOATS, by % COUNT, 1, true);
  }

  static FloatVector zero() {
    return FloatVector.zero(FLOATS);
  }

  static IntVector load(int[] values, int at) {
    return IntVector.fromArray(INTS, values, at);
  }

  static FloatVector load(float[] values, int at) {
    return FloatVector.fromArray(FLOATS, values, at);
  }

  /** Two unsigned bytes a lane, in its halves. */
  static ShortVector bytes(MemorySegment source, long at) {
    ByteVector bytes = ByteVector.fromMemorySegment(BYTES, source, at, ORDER);
    return (ShortVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2S, SHORTS, 0);
  }

  /** The upper four bits of {@link #bytes}. */
  static IntVector upper(ShortVector bytes) {
    return bytes.lanewise(VectorOperators.LSHR, 4).reinterpretAsInts();
  }

  /** The lower four bits of {@link #bytes}. */
  static IntVector lower(ShortVector bytes) {
    return bytes.and((short) 15).reinterpretAsInts();
  }

  /**
   * Sixteen levels by code, as unsigned bytes; that of code 0 must be 0.
   *
   * @param levels what codes stand for
   * @param least is subtracted from them
   */
  static ByteVector table(int least, int... levels) {
    byte[] bytes = new byte[4 * COUNT];
    for (int code = 0; code < levels.length; code++) {
      bytes[code] = (byte) (levels[code] - least);
    }
    return ByteVector.fromArray(BYTES_OF_INTS, bytes, 0);
  }

  /** The levels of four-bit codes in the halves of lanes. */
  static IntVector lookup(IntVector codes, ByteVector table) {
    return codes.reinterpretAsBytes().selectFrom(table).reinterpretAsInts();
  }

  /**
   * The sum of a vector in memory, in one fixed order. It is not passed from a kernel as a vector:
   * where a kernel is too large for this to be inlined, that would be an object.
   */
  static float sum(float[] lanes, int at) {
    FloatVector folded = load(lanes, at);
    if (COUNT > 4) {
      folded = folded.add(folded.rearrange(ROTATE_4));
    }
    folded = folded.add(folded.rearrange(ROTATE_2));
    folded = folded.add(folded.rearrange(ROTATE_1));
    return folded.lane(0);
  }
}
