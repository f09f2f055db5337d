package dev.levin.cpu.scalar;

import dev.levin.core.op.Activation;
import dev.levin.cpu.RowKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Row routines as loops over single values. */
public final class ScalarRows implements RowKernels {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    double squares = 0;
    for (int i = 0; i < count; i++) {
      double value = x.get(FLOAT, xAt + 4L * i);
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / count + eps);
    for (int i = 0; i < count; i++) {
      float factor = weight == null ? 1 : weight.get(FLOAT, weightAt + 4L * i) + weightBias;
      out.set(FLOAT, outAt + 4L * i, (float) (x.get(FLOAT, xAt + 4L * i) * scale * factor));
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
    for (int i = 0; i < count; i++) {
      float sum = x.get(FLOAT, xAt + 4L * i) + scale * y.get(FLOAT, yAt + 4L * i);
      out.set(FLOAT, outAt + 4L * i, sum);
    }
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
    for (int i = 0; i < count; i++) {
      float left = weightA * a.get(FLOAT, aAt + 4L * i);
      out.set(FLOAT, outAt + 4L * i, left + weightB * b.get(FLOAT, bAt + 4L * i));
    }
  }

  @Override
  public void softCap(
      MemorySegment x, long xAt, MemorySegment out, long outAt, int count, float cap) {
    for (int i = 0; i < count; i++) {
      double value = x.get(FLOAT, xAt + 4L * i);
      out.set(FLOAT, outAt + 4L * i, (float) (cap * Math.tanh(value / cap)));
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
    for (int i = 0; i < count; i++) {
      float factor = up == null ? 1 : up.get(FLOAT, upAt + 4L * i);
      float value = ScalarMath.activate(activation, gate.get(FLOAT, gateAt + 4L * i), factor);
      out.set(FLOAT, outAt + 4L * i, value);
    }
  }
}
