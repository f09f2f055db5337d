package dev.levin.cpu;

/**
 * Dot products of decoded rows that lie side by side in panels: a vector of each row in turn, and
 * behind them what fills no vector, row by row. A loop over a panel needs one address where rows
 * need one each, which processors with few registers spend their time on.
 *
 * <p>Products have the bits of {@link MatrixKernels#dotTile}.
 */
public interface PanelKernels {
  /** Activation rows of a panel. */
  int X_ROWS = 4;

  /** Weight rows of a panel. */
  int WEIGHT_ROWS = 2;

  /**
   * Puts a row into a panel.
   *
   * @param source has the row's {@code k} floats from {@code from} on
   * @param at where the panel starts
   * @param row which of its {@code rows} rows
   */
  void pack(float[] source, int from, int k, float[] panel, int at, int row, int rows);

  /**
   * {@code out[outAt + i * outStride + r] = weights[r] . x[i]} for one panel of activations.
   *
   * @param weights panels of {@link #WEIGHT_ROWS} rows one after the other; the last may lack one
   * @param weightRows at most {@link MatrixKernels#MAX_TILE_ROWS}
   * @param xAt where the panel of activations starts
   * @param xRows its rows: {@link #X_ROWS}, or 1, of which a panel is the row as it is
   * @param scratch {@link MatrixKernels#SCRATCH_FLOATS} floats of the caller's, of any content
   */
  void dot(
      float[] weights,
      int weightRows,
      float[] x,
      int xAt,
      int xRows,
      int k,
      float[] out,
      int outAt,
      int outStride,
      float[] scratch);
}
