package dev.levin.cpu;

/** The activations of all jobs in panels, as far as a job's rows fill them. */
final class PanelActivations {
  private float[] panels = {};

  /** Makes room for {@code rows} rows of k floats. */
  void reset(int rows, int k) {
    int floats = Math.multiplyExact(rows, k);
    if (panels.length < floats) {
      panels = new float[floats];
    }
  }

  /**
   * Packs rows [from, to) of all jobs.
   *
   * @param firstRow the first row of each job, and behind the last job's rows
   * @param xOffsets where each row starts in {@code x}
   */
  void pack(
      PanelKernels kernels, int[] firstRow, float[] x, int[] xOffsets, int k, int from, int to) {
    int job = 0;
    for (int i = from; i < to; i++) {
      while (i >= firstRow[job + 1]) {
        job++;
      }
      int row = (i - firstRow[job]) % PanelKernels.X_ROWS;
      int first = i - row;
      if (first + PanelKernels.X_ROWS <= firstRow[job + 1]) {
        kernels.pack(x, xOffsets[i], k, panels, first * k, row, PanelKernels.X_ROWS);
      }
    }
  }

  /** The panel whose first row is {@code row} starts at {@code row * k}. */
  float[] floats() {
    return panels;
  }
}
