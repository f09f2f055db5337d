package dev.levin.cpu.vector;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Products of one activation row with two encoded weight rows, which are decoded in registers: two
 * independent sums hide the latency of one, and more would outgrow what the compiler inlines in one
 * method, where every vector becomes an object.
 *
 * <p>All kernels have one signature: weight rows at bytes {@code w0} and {@code w1} of {@code w},
 * {@code k} activations at {@code x[xAt]}, results to {@code out[o0]} and {@code out[o1]}.
 */
final class PairDots {
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
    switch (dtype) {
      case F32 -> PlainRows.dotF32(w, w0, w1, x, xAt, k, out, o0, o1);
      case F16 -> PlainRows.dotF16(w, w0, w1, x, xAt, k, out, o0, o1);
      case BF16 -> PlainRows.dotBf16(w, w0, w1, x, xAt, k, out, o0, o1);
      case F8_E4M3 -> PlainRows.dotE4m3(w, w0, w1, x, xAt, k, out, o0, o1);
      case F8_E5M2 -> PlainRows.dotE5m2(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q4_0 -> BlockRows.dotQ4(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q4_1 -> BlockRows.dotQ41(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q5_0 -> BlockRows.dotQ5(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q5_1 -> BlockRows.dotQ51(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q8_0 -> BlockRows.dotQ8(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q2_K -> LowBitRows.dotQ2(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q3_K -> LowBitRows.dotQ3(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q4_K -> KQuantRows.dotQ4(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q5_K -> KQuantRows.dotQ5(w, w0, w1, x, xAt, k, out, o0, o1);
      case Q6_K -> KQuantRows.dotQ6(w, w0, w1, x, xAt, k, out, o0, o1);
      case TQ2_0 -> LowBitRows.dotTq2(w, w0, w1, x, xAt, k, out, o0, o1);
      case TQ1_0 -> LowBitRows.dotTq1(w, w0, w1, x, xAt, k, out, o0, o1);
      case I2_S -> LowBitRows.dotI2s(w, w0, w1, x, xAt, k, out, o0, o1);
      case IQ4_NL -> CodebookRows.dotIq4Nl(w, w0, w1, x, xAt, k, out, o0, o1);
      case IQ4_XS -> CodebookRows.dotIq4Xs(w, w0, w1, x, xAt, k, out, o0, o1);
      case MXFP4 -> CodebookRows.dotMxfp4(w, w0, w1, x, xAt, k, out, o0, o1);
      case NVFP4 -> CodebookRows.dotNvfp4(w, w0, w1, x, xAt, k, out, o0, o1);
      default -> CodeRows.dot(dtype, w, w0, w1, x, xAt, k, out, o0, o1);
    }
  }
}
