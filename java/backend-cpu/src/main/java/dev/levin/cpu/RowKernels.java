package dev.levin.cpu;

import dev.levin.core.op.Activation;
import java.lang.foreign.MemorySegment;

/**
 * Routines over rows of F32 in off-heap memory. Offsets are in bytes, counts in elements. Every
 * output may be the same memory as an input, element for element.
 */
public interface RowKernels {
  /**
   * {@code out = x / sqrt(mean(x^2) + eps) * (weight + weightBias)}.
   *
   * @param weight null for all ones
   */
  void rmsNorm(
      MemorySegment x,
      long xAt,
      MemorySegment weight,
      long weightAt,
      MemorySegment out,
      long outAt,
      int count,
      float eps,
      float weightBias);

  /** {@code out = x + scale * y}. */
  void add(
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      MemorySegment out,
      long outAt,
      int count,
      float scale);

  /** {@code out = weightA * a + weightB * b}. */
  void blend(
      MemorySegment a,
      long aAt,
      float weightA,
      MemorySegment b,
      long bAt,
      float weightB,
      MemorySegment out,
      long outAt,
      int count);

  /** {@code out = cap * tanh(x / cap)}. */
  void softCap(MemorySegment x, long xAt, MemorySegment out, long outAt, int count, float cap);

  /**
   * {@code out = f(gate) * up}.
   *
   * @param up null for {@code out = f(gate)}
   */
  void activate(
      Activation activation,
      MemorySegment gate,
      long gateAt,
      MemorySegment up,
      long upAt,
      MemorySegment out,
      long outAt,
      int count);
}
