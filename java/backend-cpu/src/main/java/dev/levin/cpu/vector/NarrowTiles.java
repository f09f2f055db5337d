package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.ORDER;
import static dev.levin.cpu.vector.Pairs.BYTES_OF_VECTOR;
import static dev.levin.cpu.vector.Pairs.COUNT;
import static dev.levin.cpu.vector.Pairs.FLOATS;
import static dev.levin.cpu.vector.Pairs.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * What {@link IntegerTiles} does, for processors with 16 vector registers: the tile of two weight
 * rows would keep half of its sums in memory.
 */
final class NarrowTiles {
  private static final long UNIT_BYTES = 2L * BYTES_OF_VECTOR;

  private NarrowTiles() {}

  /**
   * Four activation rows, {@code stride} bytes apart, by one weight row. Accumulators are two
   * vectors apart, as in a tile of two weight rows.
   */
  static void fourByOne(
      MemorySegment w,
      long w0,
      MemorySegment s,
      MemorySegment x,
      long x0,
      long stride,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + 2 * COUNT);
    FloatVector sum2 = FloatVector.fromArray(FLOATS, lanes, at + 4 * COUNT);
    FloatVector sum3 = FloatVector.fromArray(FLOATS, lanes, at + 6 * COUNT);
    long x1 = x0 + stride;
    long x2 = x1 + stride;
    long x3 = x2 + stride;
    long scalesAt = w0 / 2;
    for (int j = 0; j < units; j++) {
      long i = UNIT_BYTES * j;
      IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, w, w0 + i + BYTES_OF_VECTOR, ORDER);
      FloatVector scale =
          FloatVector.fromMemorySegment(FLOATS, s, scalesAt + (long) BYTES_OF_VECTOR * j, ORDER);
      IntVector p = a.mul(IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER));
      p = p.add(b.mul(IntVector.fromMemorySegment(INTS, x, x0 + i + BYTES_OF_VECTOR, ORDER)));
      sum0 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum0);
      p = a.mul(IntVector.fromMemorySegment(INTS, x, x1 + i, ORDER));
      p = p.add(b.mul(IntVector.fromMemorySegment(INTS, x, x1 + i + BYTES_OF_VECTOR, ORDER)));
      sum1 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum1);
      p = a.mul(IntVector.fromMemorySegment(INTS, x, x2 + i, ORDER));
      p = p.add(b.mul(IntVector.fromMemorySegment(INTS, x, x2 + i + BYTES_OF_VECTOR, ORDER)));
      sum2 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum2);
      p = a.mul(IntVector.fromMemorySegment(INTS, x, x3 + i, ORDER));
      p = p.add(b.mul(IntVector.fromMemorySegment(INTS, x, x3 + i + BYTES_OF_VECTOR, ORDER)));
      sum3 = ((FloatVector) p.convertShape(I2F, FLOATS, 0)).fma(scale, sum3);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + 2 * COUNT);
    sum2.intoArray(lanes, at + 4 * COUNT);
    sum3.intoArray(lanes, at + 6 * COUNT);
  }
}
