package dev.levin.cpu.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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
 * <p>Rows are taken in units of two vectors of pairs, whose products are added lane by lane, and
 * one vector of scales. Which value stands where is up to the format, see {@link IntegerFormat}.
 * Vectors have 512 bits, or 256 with kernels of their own: a unit is 64 values or 32.
 */
final class Pairs {
  /** Pairs in a vector. */
  static final int COUNT = Lanes.COUNT;

  /** Values of a unit. */
  static final int UNIT = 4 * COUNT;

  /** Units of a block of 256 values. */
  static final int UNITS_OF_BLOCK = 256 / UNIT;

  static final VectorSpecies<Integer> INTS = Lanes.INTS;
  static final VectorSpecies<Float> FLOATS = Lanes.FLOATS;
  static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, FLOATS.vectorShape());
  static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, FLOATS.vectorShape());

  /** A one in both halves of a lane. */
  static final int BOTH = 0x10001;

  /** What a product is multiplied by to have the value of the pairs' sum. */
  static final float SCALE = 0x1p-16f;

  /** Largest sum of pairs. */
  static final int LIMIT = Short.MAX_VALUE - 1;

  static final int BYTES_OF_VECTOR = 4 * COUNT;

  static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(Lanes.ORDER);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(Lanes.ORDER);
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(Lanes.ORDER);

  private Pairs() {}

  /** Whether vectors have the 512 bits that most kernels are written for. */
  static boolean wide() {
    return COUNT == 16;
  }

  /** Memory for vectors of pairs, aligned so that none crosses a cache line. */
  static MemorySegment allocate(long vectors) {
    return Arena.ofAuto().allocate(vectors * BYTES_OF_VECTOR, BYTES_OF_VECTOR);
  }

  static IntVector ints(MemorySegment source, long at) {
    return IntVector.fromMemorySegment(INTS, source, at, Lanes.ORDER);
  }

  static FloatVector load(float[] values, int at) {
    return FloatVector.fromArray(FLOATS, values, at);
  }
}
