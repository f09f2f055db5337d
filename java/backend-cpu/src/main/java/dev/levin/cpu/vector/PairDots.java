package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Products of one activation row with encoded weight rows, two at a time, which are decoded in
 * registers: two independent sums hide the latency of one, and more would outgrow what the compiler
 * inlines in one method, where every vector becomes an object.
 *
 * <p>The rows are taken in two halves side by side. Each half is one long stream to the memory
 * system; neighbouring rows would be many short ones that often lie a multiple of 4 KiB apart,
 * which halves the bandwidth.
 *
 * <p>Kernels are called through an interface, so that each is compiled by itself: a method that has
 * met several dtypes would hold all their kernels and be too large for vectors to stay in
 * registers.
 */
final class PairDots {
  /** All weight rows in one call, for formats of which a row takes little longer than a call. */
  interface RowDots {
    /**
     * Leaves the product of row r with {@code k} activations at {@code x[xAt]} in {@code out[outAt
     * + r]}; row r begins at byte {@code at + r * stride} of {@code w}.
     */
    void dot(
        MemorySegment w,
        long at,
        long stride,
        int rows,
        float[] x,
        int xAt,
        int k,
        float[] out,
        int outAt);
  }

  /** Weight rows at bytes {@code w0} and {@code w1} of {@code w}. */
  interface PairDot {
    /** Leaves the products with {@code k} activations at {@code x[xAt]} in {@code out}. */
    void dot(
        MemorySegment w, long w0, long w1, float[] x, int xAt, int k, float[] out, int o0, int o1);
  }

  private static final RowDots[] KERNELS = new RowDots[DType.values().length];

  private PairDots() {}

  static boolean covers(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 -> true;
      case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, TQ1_0, TQ2_0, I2_S -> true;
      case IQ4_NL, IQ4_XS, MXFP4, NVFP4 -> true;
      default -> CodeRows.covers(dtype);
    };
  }

  /** The kernel of a dtype that {@link #covers}. */
  static RowDots of(DType dtype) {
    RowDots kernel = KERNELS[dtype.ordinal()];
    if (kernel == null) {
      kernel = choose(dtype);
      KERNELS[dtype.ordinal()] = kernel;
    }
    return kernel;
  }

  private static RowDots choose(DType dtype) {
    return switch (dtype) {
      case F16 -> PlainRows::dotF16;
      case Q8_0 -> BlockRows::dotQ8;
      case IQ4_NL -> Lanes.COUNT == 8 ? NarrowCodebooks::dotIq4Nl : inPairs(CodebookRows::dotIq4Nl);
      default -> inPairs(pairDot(dtype));
    };
  }

  private static RowDots inPairs(PairDot kernel) {
    return (w, at, stride, rows, x, xAt, k, out, outAt) -> {
      int half = Math.ceilDiv(rows, 2);
      for (int r = 0; r < half; r++) {
        int other = Math.min(half + r, rows - 1);
        kernel.dot(
            w, at + r * stride, at + other * stride, x, xAt, k, out, outAt + r, outAt + other);
      }
    };
  }

  private static PairDot pairDot(DType dtype) {
    return switch (dtype) {
      case F32 -> PlainRows::dotF32;
      case BF16 -> PlainRows::dotBf16;
      case F8_E4M3 -> PlainRows::dotE4m3;
      case F8_E5M2 -> PlainRows::dotE5m2;
      case Q4_0 -> BlockRows::dotQ4;
      case Q4_1 -> BlockRows::dotQ41;
      case Q5_0 -> BlockRows::dotQ5;
      case Q5_1 -> BlockRows::dotQ51;
      case Q2_K -> LowBitRows::dotQ2;
      case Q3_K -> LowBitRows::dotQ3;
      case Q4_K -> KQuantRows::dotQ4;
      case Q5_K -> KQuantRows::dotQ5;
      case Q6_K -> KQuantRows::dotQ6;
      case TQ2_0 -> LowBitRows::dotTq2;
      case TQ1_0 -> LowBitRows::dotTq1;
      case I2_S -> LowBitRows::dotI2s;
      case IQ4_XS -> Lanes.COUNT == 8 ? NarrowCodebooks::dotIq4Xs : CodebookRows::dotIq4Xs;
      case MXFP4 -> CodebookRows::dotMxfp4;
      case NVFP4 -> CodebookRows::dotNvfp4;
      default ->
          (w, w0, w1, x, xAt, k, out, o0, o1) ->
              CodeRows.dot(dtype, w, w0, w1, x, xAt, k, out, o0, o1);
    };
  }
}
