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
 * Sums of products of unpacked weights, several at once so that each load serves several of them.
 *
 * <p>A tile covers some units of its rows. Its accumulators, activation rows outermost, begin with
 * what {@code lanes} hold and are left there. All kernels take pairs of weights {@code w} of two
 * rows from bytes {@code w0} and {@code w1} on, their scales {@code s} at half those offsets, and
 * pairs of activations {@code x} from byte {@code x0} on.
 *
 * <p>The kernels call the Vector API itself: past some size of a method, nothing but the API's own
 * methods is inlined, and a vector that is passed to another becomes an object.
 */
final class IntegerTiles {
  /** Bytes of the pairs of a unit. */
  private static final long UNIT_BYTES = 2L * BYTES_OF_VECTOR;

  private IntegerTiles() {}

  /** Four activation rows, {@code stride} bytes apart, by two weight rows. */
  static void fourByTwo(
      MemorySegment w,
      long w0,
      long w1,
      MemorySegment s,
      MemorySegment x,
      long x0,
      long stride,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, lanes, at + 2 * COUNT);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, lanes, at + 3 * COUNT);
    FloatVector sum20 = FloatVector.fromArray(FLOATS, lanes, at + 4 * COUNT);
    FloatVector sum21 = FloatVector.fromArray(FLOATS, lanes, at + 5 * COUNT);
    FloatVector sum30 = FloatVector.fromArray(FLOATS, lanes, at + 6 * COUNT);
    FloatVector sum31 = FloatVector.fromArray(FLOATS, lanes, at + 7 * COUNT);
    long x1 = x0 + stride;
    long x2 = x1 + stride;
    long x3 = x2 + stride;
    for (int j = 0; j < units; j++) {
      long i = UNIT_BYTES * j;
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, s, (w0 + i) / 2, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, s, (w1 + i) / 2, ORDER);
      IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, w, w0 + i + BYTES_OF_VECTOR, ORDER);
      IntVector c = IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, w, w1 + i + BYTES_OF_VECTOR, ORDER);
      IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, x, x0 + i + BYTES_OF_VECTOR, ORDER);
      IntVector pairs00 = a.mul(u).add(b.mul(v));
      sum00 = ((FloatVector) pairs00.convertShape(I2F, FLOATS, 0)).fma(scale0, sum00);
      IntVector pairs01 = c.mul(u).add(d.mul(v));
      sum01 = ((FloatVector) pairs01.convertShape(I2F, FLOATS, 0)).fma(scale1, sum01);
      u = IntVector.fromMemorySegment(INTS, x, x1 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x1 + i + BYTES_OF_VECTOR, ORDER);
      IntVector pairs10 = a.mul(u).add(b.mul(v));
      sum10 = ((FloatVector) pairs10.convertShape(I2F, FLOATS, 0)).fma(scale0, sum10);
      IntVector pairs11 = c.mul(u).add(d.mul(v));
      sum11 = ((FloatVector) pairs11.convertShape(I2F, FLOATS, 0)).fma(scale1, sum11);
      u = IntVector.fromMemorySegment(INTS, x, x2 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x2 + i + BYTES_OF_VECTOR, ORDER);
      IntVector pairs20 = a.mul(u).add(b.mul(v));
      sum20 = ((FloatVector) pairs20.convertShape(I2F, FLOATS, 0)).fma(scale0, sum20);
      IntVector pairs21 = c.mul(u).add(d.mul(v));
      sum21 = ((FloatVector) pairs21.convertShape(I2F, FLOATS, 0)).fma(scale1, sum21);
      u = IntVector.fromMemorySegment(INTS, x, x3 + i, ORDER);
      v = IntVector.fromMemorySegment(INTS, x, x3 + i + BYTES_OF_VECTOR, ORDER);
      IntVector pairs30 = a.mul(u).add(b.mul(v));
      sum30 = ((FloatVector) pairs30.convertShape(I2F, FLOATS, 0)).fma(scale0, sum30);
      IntVector pairs31 = c.mul(u).add(d.mul(v));
      sum31 = ((FloatVector) pairs31.convertShape(I2F, FLOATS, 0)).fma(scale1, sum31);
    }
    sum00.intoArray(lanes, at);
    sum01.intoArray(lanes, at + COUNT);
    sum10.intoArray(lanes, at + 2 * COUNT);
    sum11.intoArray(lanes, at + 3 * COUNT);
    sum20.intoArray(lanes, at + 4 * COUNT);
    sum21.intoArray(lanes, at + 5 * COUNT);
    sum30.intoArray(lanes, at + 6 * COUNT);
    sum31.intoArray(lanes, at + 7 * COUNT);
  }

  /** One activation row by two weight rows. */
  static void oneByTwo(
      MemorySegment w,
      long w0,
      long w1,
      MemorySegment s,
      MemorySegment x,
      long x0,
      int units,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    for (int j = 0; j < units; j++) {
      long i = UNIT_BYTES * j;
      IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
      IntVector v = IntVector.fromMemorySegment(INTS, x, x0 + i + BYTES_OF_VECTOR, ORDER);
      IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
      IntVector b = IntVector.fromMemorySegment(INTS, w, w0 + i + BYTES_OF_VECTOR, ORDER);
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, s, (w0 + i) / 2, ORDER);
      sum0 = ((FloatVector) a.mul(u).add(b.mul(v)).convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
      IntVector c = IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER);
      IntVector d = IntVector.fromMemorySegment(INTS, w, w1 + i + BYTES_OF_VECTOR, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, s, (w1 + i) / 2, ORDER);
      sum1 = ((FloatVector) c.mul(u).add(d.mul(v)).convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }

  /** As {@link #fourByTwo} for rows whose products are added over several units. */
  static void fourByTwoInBlocks(
      MemorySegment w,
      long w0,
      long w1,
      MemorySegment s,
      MemorySegment x,
      long x0,
      long stride,
      int units,
      int unitsOfSum,
      float[] lanes,
      int at) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, lanes, at + 2 * COUNT);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, lanes, at + 3 * COUNT);
    FloatVector sum20 = FloatVector.fromArray(FLOATS, lanes, at + 4 * COUNT);
    FloatVector sum21 = FloatVector.fromArray(FLOATS, lanes, at + 5 * COUNT);
    FloatVector sum30 = FloatVector.fromArray(FLOATS, lanes, at + 6 * COUNT);
    FloatVector sum31 = FloatVector.fromArray(FLOATS, lanes, at + 7 * COUNT);
    long x1 = x0 + stride;
    long x2 = x1 + stride;
    long x3 = x2 + stride;
    long step = Opaque.vectorBytes();
    for (int block = 0; block < units; block += unitsOfSum) {
      IntVector p00 = IntVector.zero(INTS);
      IntVector p01 = IntVector.zero(INTS);
      IntVector p10 = IntVector.zero(INTS);
      IntVector p11 = IntVector.zero(INTS);
      IntVector p20 = IntVector.zero(INTS);
      IntVector p21 = IntVector.zero(INTS);
      IntVector p30 = IntVector.zero(INTS);
      IntVector p31 = IntVector.zero(INTS);
      long i = UNIT_BYTES * block;
      for (int j = 0; j < 2 * unitsOfSum; j++, i += step) {
        IntVector a = IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER);
        IntVector b = IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER);
        IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
        p00 = p00.add(a.mul(u));
        p01 = p01.add(b.mul(u));
        u = IntVector.fromMemorySegment(INTS, x, x1 + i, ORDER);
        p10 = p10.add(a.mul(u));
        p11 = p11.add(b.mul(u));
        u = IntVector.fromMemorySegment(INTS, x, x2 + i, ORDER);
        p20 = p20.add(a.mul(u));
        p21 = p21.add(b.mul(u));
        u = IntVector.fromMemorySegment(INTS, x, x3 + i, ORDER);
        p30 = p30.add(a.mul(u));
        p31 = p31.add(b.mul(u));
      }
      long scaleAt = (long) BYTES_OF_VECTOR * block;
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, s, w0 / 2 + scaleAt, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, s, w1 / 2 + scaleAt, ORDER);
      sum00 = ((FloatVector) p00.convertShape(I2F, FLOATS, 0)).fma(scale0, sum00);
      sum01 = ((FloatVector) p01.convertShape(I2F, FLOATS, 0)).fma(scale1, sum01);
      sum10 = ((FloatVector) p10.convertShape(I2F, FLOATS, 0)).fma(scale0, sum10);
      sum11 = ((FloatVector) p11.convertShape(I2F, FLOATS, 0)).fma(scale1, sum11);
      sum20 = ((FloatVector) p20.convertShape(I2F, FLOATS, 0)).fma(scale0, sum20);
      sum21 = ((FloatVector) p21.convertShape(I2F, FLOATS, 0)).fma(scale1, sum21);
      sum30 = ((FloatVector) p30.convertShape(I2F, FLOATS, 0)).fma(scale0, sum30);
      sum31 = ((FloatVector) p31.convertShape(I2F, FLOATS, 0)).fma(scale1, sum31);
    }
    sum00.intoArray(lanes, at);
    sum01.intoArray(lanes, at + COUNT);
    sum10.intoArray(lanes, at + 2 * COUNT);
    sum11.intoArray(lanes, at + 3 * COUNT);
    sum20.intoArray(lanes, at + 4 * COUNT);
    sum21.intoArray(lanes, at + 5 * COUNT);
    sum30.intoArray(lanes, at + 6 * COUNT);
    sum31.intoArray(lanes, at + 7 * COUNT);
  }

  /** As {@link #oneByTwo} for rows whose products are added over several units. */
  static void oneByTwoInBlocks(
      MemorySegment w,
      long w0,
      long w1,
      MemorySegment s,
      MemorySegment x,
      long x0,
      int units,
      int unitsOfSum,
      float[] lanes,
      int at) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, lanes, at);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, lanes, at + COUNT);
    long step = Opaque.vectorBytes();
    for (int block = 0; block < units; block += unitsOfSum) {
      IntVector p0 = IntVector.zero(INTS);
      IntVector p1 = IntVector.zero(INTS);
      long i = UNIT_BYTES * block;
      for (int j = 0; j < 2 * unitsOfSum; j++, i += step) {
        IntVector u = IntVector.fromMemorySegment(INTS, x, x0 + i, ORDER);
        p0 = p0.add(IntVector.fromMemorySegment(INTS, w, w0 + i, ORDER).mul(u));
        p1 = p1.add(IntVector.fromMemorySegment(INTS, w, w1 + i, ORDER).mul(u));
      }
      long scaleAt = (long) BYTES_OF_VECTOR * block;
      FloatVector scale0 = FloatVector.fromMemorySegment(FLOATS, s, w0 / 2 + scaleAt, ORDER);
      FloatVector scale1 = FloatVector.fromMemorySegment(FLOATS, s, w1 / 2 + scaleAt, ORDER);
      sum0 = ((FloatVector) p0.convertShape(I2F, FLOATS, 0)).fma(scale0, sum0);
      sum1 = ((FloatVector) p1.convertShape(I2F, FLOATS, 0)).fma(scale1, sum1);
    }
    sum0.intoArray(lanes, at);
    sum1.intoArray(lanes, at + COUNT);
  }

  /**
   * The lanes of products of minima {@code m} with sums of activations {@code x}: {@code rows} rows
   * by four activation rows, which are {@code stride} bytes apart. Each has a vector a block.
   *
   * @param step bytes of a vector: no constant, for the reason that {@link Opaque} tells
   */
  static void minima(
      MemorySegment m,
      int rows,
      MemorySegment x,
      long x0,
      long stride,
      int blocks,
      long step,
      float[] lanes) {
    long x1 = x0 + stride;
    long x2 = x1 + stride;
    long x3 = x2 + stride;
    for (int r = 0; r < rows; r++) {
      FloatVector sum0 = FloatVector.zero(FLOATS);
      FloatVector sum1 = FloatVector.zero(FLOATS);
      FloatVector sum2 = FloatVector.zero(FLOATS);
      FloatVector sum3 = FloatVector.zero(FLOATS);
      for (int b = 0; b < blocks; b++) {
        long i = b * step;
        long at = (r * blocks + b) * step;
        FloatVector minima = FloatVector.fromMemorySegment(FLOATS, m, at, ORDER);
        sum0 = minima.fma(FloatVector.fromMemorySegment(FLOATS, x, x0 + i, ORDER), sum0);
        sum1 = minima.fma(FloatVector.fromMemorySegment(FLOATS, x, x1 + i, ORDER), sum1);
        sum2 = minima.fma(FloatVector.fromMemorySegment(FLOATS, x, x2 + i, ORDER), sum2);
        sum3 = minima.fma(FloatVector.fromMemorySegment(FLOATS, x, x3 + i, ORDER), sum3);
      }
      sum0.intoArray(lanes, 4 * COUNT * r);
      sum1.intoArray(lanes, 4 * COUNT * r + COUNT);
      sum2.intoArray(lanes, 4 * COUNT * r + 2 * COUNT);
      sum3.intoArray(lanes, 4 * COUNT * r + 3 * COUNT);
    }
  }

  /** Multiplies {@code count} accumulators. */
  static void scaleBy(float[] lanes, int at, int count, float factor) {
    for (int i = at; i < at + count * COUNT; i += COUNT) {
      Pairs.load(lanes, i).mul(factor).intoArray(lanes, i);
    }
  }
}
