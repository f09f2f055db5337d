package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Rows of formats whose values are points of a grid: pieces of them are unpacked to {@link Codes}
 * before they are multiplied.
 */
final class CodeRows {
  private CodeRows() {}

  static boolean covers(DType dtype) {
    return switch (dtype) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S -> true;
      default -> false;
    };
  }

  /** How many values share a scale. */
  private static int group(DType dtype) {
    return switch (dtype) {
      case IQ1_M, IQ2_XS, IQ2_S -> 16;
      default -> 32;
    };
  }

  private static void unpack(
      DType dtype, MemorySegment source, long at, int count, Codes c, int to) {
    switch (dtype) {
      case IQ1_S -> GridCodes.iq1S(source, at, count, c, to);
      case IQ1_M -> GridCodes.iq1M(source, at, count, c, to);
      case IQ2_XXS -> GridCodes.iq2Xxs(source, at, count, c, to);
      case IQ2_XS -> GridCodes.iq2Xs(source, at, count, c, to);
      case IQ2_S -> GridCodes.iq2S(source, at, count, c, to);
      case IQ3_XXS -> GridCodes.iq3Xxs(source, at, count, c, to);
      case IQ3_S -> GridCodes.iq3S(source, at, count, c, to);
      default -> throw new IllegalArgumentException(dtype + " is not unpacked");
    }
  }

  /** As the kernels of {@link PairDots}. */
  static void dot(
      DType dtype,
      MemorySegment w,
      long w0,
      long w1,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int o0,
      int o1) {
    Codes c = Codes.ofThread();
    Arrays.fill(c.lanes, 0f);
    for (int from = 0; from < k; from += Codes.PIECE) {
      int count = Math.min(Codes.PIECE, k - from);
      long bytes = dtype.rowBytes(from);
      unpack(dtype, w, w0 + bytes, count, c, 0);
      unpack(dtype, w, w1 + bytes, count, c, Codes.PIECE);
      if (group(dtype) == 16) {
        CodeDots.scaled16(c, x, xAt + from, count);
      } else {
        CodeDots.scaled32(c, x, xAt + from, count);
      }
    }
    out[o0] = Lanes.sum(Lanes.load(c.lanes, 0));
    out[o1] = Lanes.sum(Lanes.load(c.lanes, Lanes.COUNT));
  }

  static void decode(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    Codes c = Codes.ofThread();
    for (int from = 0; from < count; from += Codes.PIECE) {
      int length = Math.min(Codes.PIECE, count - from);
      unpack(dtype, source, at + dtype.rowBytes(from), length, c, 0);
      CodeDots.decode(c, group(dtype), target, to + from, length);
    }
  }
}
