package dev.levin.cpu;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Products of weight rows as they lie in the file, for kernel sets that need no decoded copy.
 *
 * <p>An op's activations are prepared once, by whichever workers; then each worker multiplies
 * ranges of weight rows with them. Every product gives the same bits whatever is computed beside
 * it.
 */
public interface EncodedKernels {
  /** Room for the activations of one op at a time. */
  Activations newActivations();

  /** What one thread works with. */
  Worker newWorker();

  /**
   * Tells of the weights of an op before its activations are prepared; one thread at a time.
   *
   * @param constant whether the weights never change while they are open
   * @param at byte offsets of row 0 of each weight, {@code count} of them
   * @param rows of each weight
   */
  default void bind(
      DType dtype,
      MemorySegment weight,
      boolean constant,
      long[] at,
      int count,
      long rowStride,
      int rows,
      int k) {}

  /** Most results that {@link Worker#multiply} is asked for at a time, rows permitting. */
  default int resultsAtOnce() {
    return 16_384;
  }

  /** Weight rows that a worker takes together at least. */
  default int rowsTogether() {
    return MatrixJobs.GROUP;
  }

  /** The activations of one op, in the form its kernels multiply. */
  interface Activations {
    /** Makes room for {@code rows} rows of k values that meet weights of this dtype. */
    void reset(DType dtype, int rows, int k);
  }

  /** One thread's kernels and scratch memory; not for use by several threads. */
  interface Worker {
    /** Prepares rows [from, to), which lie packed in {@code x}. */
    void prepare(Activations activations, float[] x, int from, int to);

    /**
     * {@code out[i * outStride + r] = weight[r] . x[i]}.
     *
     * @param at byte offset of weight row 0; row r starts {@code r * rowStride} bytes later
     * @param weightRows rows of the weight
     * @param rows which prepared rows: those of [from, to) are used, i counted from {@code from}
     */
    void multiply(
        Activations activations,
        MemorySegment weight,
        long at,
        long rowStride,
        int weightRows,
        int[] rows,
        int from,
        int to,
        float[] out,
        int outStride);
  }
}
