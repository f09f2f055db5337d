package dev.levin.cpu.vector;

import static dev.levin.cpu.vector.Lanes.COUNT;
import static dev.levin.cpu.vector.Lanes.FLOATS;
import static dev.levin.cpu.vector.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** The activations with an exponential; see {@link dev.levin.core.op.Activation} for formulas. */
final class VectorActivations {
  private static final float GELU_LINEAR = (float) (2 * Math.sqrt(2 / Math.PI));
  private static final float GELU_CUBIC = (float) (2 * Math.sqrt(2 / Math.PI) * 0.044715);
  private static final float SWIGLU_LIMIT = 7f;
  private static final float SWIGLU_SLOPE = 1.702f;

  private VectorActivations() {}

  private static FloatVector load(MemorySegment source, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, source, at, ORDER, mask);
  }

  private static FloatVector load(MemorySegment source, long at) {
    return FloatVector.fromMemorySegment(FLOATS, source, at, ORDER);
  }

  private static FloatVector ones() {
    return FloatVector.broadcast(FLOATS, 1f);
  }

  private static FloatVector silu(FloatVector gate, FloatVector up) {
    return gate.mul(VectorMath.sigmoid(gate)).mul(up);
  }

  static void silu(
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      FloatVector factor = up == null ? ones() : load(up, upAt + 4L * i);
      silu(load(gate, gateAt + 4L * i), factor).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      FloatVector factor = up == null ? ones() : load(up, upAt + 4L * i, rest);
      silu(load(gate, gateAt + 4L * i, rest), factor)
          .intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  /** 0.5 (1 + tanh(u)) is the sigmoid of 2u, which loses nothing where tanh is near -1. */
  private static FloatVector geluTanh(FloatVector gate, FloatVector up) {
    FloatVector cubic = gate.mul(gate).mul(GELU_CUBIC).add(GELU_LINEAR);
    return gate.mul(VectorMath.sigmoid(cubic.mul(gate))).mul(up);
  }

  static void geluTanh(
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      FloatVector factor = up == null ? ones() : load(up, upAt + 4L * i);
      geluTanh(load(gate, gateAt + 4L * i), factor).intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      FloatVector factor = up == null ? ones() : load(up, upAt + 4L * i, rest);
      geluTanh(load(gate, gateAt + 4L * i, rest), factor)
          .intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }

  private static FloatVector swigluClamped(FloatVector gate, FloatVector up) {
    FloatVector g = gate.min(SWIGLU_LIMIT);
    FloatVector u = up.min(SWIGLU_LIMIT).max(-SWIGLU_LIMIT).add(1f);
    return g.mul(VectorMath.sigmoid(g.mul(SWIGLU_SLOPE))).mul(u);
  }

  static void swigluClamped(
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count) {
    int i = 0;
    for (int end = FLOATS.loopBound(count); i < end; i += COUNT) {
      swigluClamped(load(gate, gateAt + 4L * i), load(up, upAt + 4L * i))
          .intoMemorySegment(out, outAt + 4L * i, ORDER);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      swigluClamped(load(gate, gateAt + 4L * i, rest), load(up, upAt + 4L * i, rest))
          .intoMemorySegment(out, outAt + 4L * i, ORDER, rest);
    }
  }
}
