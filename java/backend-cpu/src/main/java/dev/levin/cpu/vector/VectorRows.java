package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.ORDER;

import dev.levin.core.op.Activation;
import dev.levin.cpu.RowKernels;
import dev.levin.cpu.scalar.ScalarRows;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Row routines; the last elements of a row go through the same arithmetic under a mask. */
final class VectorRows implements RowKernels {
  /** Sums of squares outside these lost range or precision in float32. */
  private static final float LEAST_SQUARES = 1e-30f;

  private static final float MOST_SQUARES = 1e38f;

  private final RowKernels scalar = new ScalarRows();

  private static FloatVector load(MemorySegment source, long at) {
    return FloatVector.fromMemorySegment(FLOATS, source, at, ORDER);
  }

  private static FloatVector load(MemorySegment source, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, source, at, ORDER, mask);
  }

  @Override
  public void rmsNorm(
      MemorySegment x,
      long xAt,
      MemorySegment weight,
      long weightAt,
      MemorySegment out,
      long outAt,
      int count,
      float eps,
      float weightBias) {
    float squares = sumOfSquares(x, xAt, count);
    if (!(squares >= LEAST_SQUARES && squares <= MOST_SQUARES)) {
      scalar.rmsNorm(x, xAt, weight, weightAt, out, outAt, count, eps, weightBias);
      return;
    }
    float scale = (float) (1 / Math.sqrt((double) squares / count + eps));
    if (weight == null) {
      scale(x, xAt, scale, out, outAt, count);
    } else {
      scale(x, xAt, scale, weight, weightAt, weightBias, out, outAt, count);
    }
  }

  private static float sumOfSquares(MemorySegment x, long at, int count) {
    FloatVector sum0 = Lanes.zero();
    FloatVector sum1 = Lanes.zero();
    FloatVector sum2 = Lanes.zero();
    FloatVector sum3 = Lanes.zero();
    int i = 0;
    for (int end = count - count % (4 * COUNT); i < end; i += 4 * COUNT) {
      long offset = at + 4L * i;
      FloatVector v0 = load(x, offset);
      FloatVector v1 = load(x, offset + 4L * COUNT);
      FloatVector v2 = load(x, offset + 8L * COUNT);
      FloatVector v3 = load(x, offset + 12L * COUNT);
      sum0 = v0.fma(v0, sum0);
      sum1 = v1.fma(v1, sum1);
      sum2 = v2.fma(v2, sum2);
      sum3 = v3.fma(v3, sum3);
    }
    for (; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i, FLOATS.indexInRange(i, count));
      sum0 = v.fma(v, sum0);
    }
    return Lanes.sum(sum0.add(sum1).add(sum2.add(sum3)));
  }

  private static void scale(
      MemorySegment x, long xAt, float scale, MemorySegment out, long outAt, int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      load(x, xAt + 4L * i).mul(scale).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      load(x, xAt + 4L * i, rest).mul(scale).intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  private static void scale(
      MemorySegment x,
      long xAt,
      float scale,
      MemorySegment weight,
      long weightAt,
      float weightBias,
      MemorySegment out,
      long outAt,
      int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      FloatVector factor = load(weight, weightAt + 4L * i).add(weightBias);
      load(x, xAt + 4L * i).mul(scale).mul(factor).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      FloatVector factor = load(weight, weightAt + 4L * i, rest).add(weightBias);
      load(x, xAt + 4L * i, rest)
          .mul(scale)
          .mul(factor)
          .intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  @Override
  public void add(
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      MemorySegment out,
      long outAt,
      int count,
      float scale) {
    blend(x, xAt, 1, y, yAt, scale, out, outAt, count);
  }

  @Override
  public void blend(
      MemorySegment a,
      long aAt,
      float weightA,
      MemorySegment b,
      long bAt,
      float weightB,
      MemorySegment out,
      long outAt,
      int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      FloatVector left = load(a, aAt + 4L * i).mul(weightA);
      FloatVector right = load(b, bAt + 4L * i).mul(weightB);
      left.add(right).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      FloatVector left = load(a, aAt + 4L * i, rest).mul(weightA);
      FloatVector right = load(b, bAt + 4L * i, rest).mul(weightB);
      left.add(right).intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  @Override
  public void softCap(
      MemorySegment x, long xAt, MemorySegment out, long outAt, int count, float cap) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      VectorMath.tanh(load(x, xAt + 4L * i).div(cap))
          .mul(cap)
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      VectorMath.tanh(load(x, xAt + 4L * i, rest).div(cap))
          .mul(cap)
          .intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  @Override
  public void activate(
      Activation activation,
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count) {
    switch (activation) {
      case SILU -> VectorActivations.silu(gate, gateAt, up, upAt, out, outAt, count);
      case GELU_TANH -> VectorActivations.geluTanh(gate, gateAt, up, upAt, out, outAt, count);
      case SWIGLU_CLAMPED ->
          VectorActivations.swigluClamped(gate, gateAt, up, upAt, out, outAt, count);
      case RELU, RELU_SQUARED, GELU_ERF ->
          scalar.activate(activation, gate, gateAt, up, upAt, out, outAt, count);
    }
  }
}
