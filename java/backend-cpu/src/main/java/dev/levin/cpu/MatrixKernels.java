package dev.levin.cpu;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Dot products of weight rows with activations.
 *
 * <p>The two ways to form a product, {@link #dotRows} over encoded rows and {@link #dotTile} over
 * decoded ones, give the same bits for the same row and activations, whatever else is computed
 * beside them: each product has its own accumulator and is summed in an order that depends on its
 * length alone.
 */
public interface MatrixKernels {
  /** Most weight rows of one {@link #dotTile}. */
  int MAX_TILE_ROWS = 64;

  /**
   * Floats that {@link #dotTile} needs beside its results: a widest vector a product, and spare.
   */
  int SCRATCH_FLOATS = (MAX_TILE_ROWS + 1) * 4 * 16;

  /**
   * Kernels that multiply rows of this dtype as they lie, however many activations they meet, and
   * take precedence over those here; or null.
   */
  default EncodedKernels encoded(DType dtype) {
    return null;
  }

  /** Whether {@link #dotRows} takes this dtype. */
  boolean readsInPlace(DType dtype);

  /**
   * {@code out[outAt + r] = weight[r] . x} for encoded rows, decoded in registers.
   *
   * @param at byte offset of row 0; row r starts {@code r * rowStride} bytes later
   * @param k length of a row and of x
   * @param rows any number; more make longer streams of reads
   */
  void dotRows(
      DType dtype,
      MemorySegment weight,
      long at,
      long rowStride,
      int rows,
      float[] x,
      int xAt,
      int k,
      float[] out,
      int outAt);

  /** Decodes {@code count} values, bit for bit as the dtype's codec. */
  void decode(DType dtype, MemorySegment source, long at, float[] target, int to, int count);

  /**
   * {@code out[outAt + i * outStride + r] = weights[r] . x[i]} for decoded rows.
   *
   * @param weights rows of k floats, the first at {@code weightsAt}
   * @param weightStride floats from one weight row to the next; a multiple of 1024 would have rows
   *     compete for the same lines of a level-1 cache
   * @param rows at most {@link #MAX_TILE_ROWS}
   * @param xOffsets where each x starts in {@code x}; those of [from, to) are used, i counted from
   *     {@code from}
   * @param scratch {@link #SCRATCH_FLOATS} floats of the caller's, of any content
   */
  void dotTile(
      float[] weights,
      int weightsAt,
      int weightStride,
      int rows,
      float[] x,
      int[] xOffsets,
      int from,
      int to,
      int k,
      float[] out,
      int outAt,
      int outStride,
      float[] scratch);

  /** Kernels that multiply decoded rows faster where there are rows to fill panels, or null. */
  default PanelKernels panels() {
    return null;
  }
}
