package dev.levin.cpu;

import java.util.Locale;

/**
 * What the user can choose about the CPU backend.
 *
 * @param threads threads that compute, the calling one included
 * @param kernels which twins run
 * @param gemm how encoded weights are multiplied
 */
record CpuOptions(int threads, Kernels kernels, Gemm gemm) {
  static final String THREADS = "levin.cpu.threads";
  static final String KERNELS = "levin.cpu.kernels";
  static final String GEMM = "levin.cpu.gemm";

  private static final int MAX_THREADS = 1024;

  /**
   * Which twins run; {@link #AUTO} takes the native ones where they load, otherwise the vector ones
   * where they can be had.
   */
  enum Kernels {
    AUTO,
    NATIVE,
    VECTOR,
    SCALAR
  }

  CpuOptions {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          THREADS + " is " + threads + ", expected 1 to " + MAX_THREADS);
    }
  }

  CpuOptions(int threads, Kernels kernels) {
    this(threads, kernels, Gemm.AUTO);
  }

  /**
   * Reads the system properties.
   *
   * @throws IllegalArgumentException naming the property and what it may be
   */
  static CpuOptions fromProperties() {
    return new CpuOptions(
        threadsFrom(property(THREADS)), kernelsFrom(property(KERNELS)), gemmFrom(property(GEMM)));
  }

  private static String property(String name) {
    return System.getProperty(name, "").strip();
  }

  private static int threadsFrom(String value) {
    if (value.isEmpty()) {
      return Math.min(Runtime.getRuntime().availableProcessors(), MAX_THREADS);
    }
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s is '%s', expected a number from 1 to %d".formatted(THREADS, value, MAX_THREADS), e);
    }
  }

  private static Kernels kernelsFrom(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "", "auto" -> Kernels.AUTO;
      case "native" -> Kernels.NATIVE;
      case "vector" -> Kernels.VECTOR;
      case "scalar" -> Kernels.SCALAR;
      default ->
          throw new IllegalArgumentException(
              "%s is '%s', expected auto, native, vector or scalar".formatted(KERNELS, value));
    };
  }

  private static Gemm gemmFrom(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "", "auto" -> Gemm.AUTO;
      case "fma" -> Gemm.FMA;
      case "int8" -> Gemm.INT8;
      case "lut" -> Gemm.LUT;
      default ->
          throw new IllegalArgumentException(
              "%s is '%s', expected auto, fma, int8 or lut".formatted(GEMM, value));
    };
  }
}
