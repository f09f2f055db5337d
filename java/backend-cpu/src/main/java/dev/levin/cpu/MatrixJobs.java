package dev.levin.cpu;

import dev.levin.core.DType;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A set of NT products that share sizes and dtype: job j multiplies the weight rows that start at
 * {@code weightAt[j]} with the activations {@code [firstRow[j], firstRow[j + 1])}.
 *
 * <p>One job for a plain linear layer, one per head or per expert otherwise. Work is cut along the
 * weight rows, so each weight is read by one worker and decoded once for all its activations.
 */
final class MatrixJobs {
  /** Receives {@code count} results of one activation row, outputs [n, n + count). */
  interface Sink {
    void put(int job, int row, int n, float[] results, int at, int count);
  }

  /** Weight rows of a job that one worker takes together at least, where kernels do not say. */
  static final int GROUP = 16;

  /** Decoded weights that a worker keeps in its level-2 cache. */
  private static final int DECODED_FLOATS = 65_536;

  /** Floats between decoded rows: rows of 2048 would otherwise share lines of the level-1 cache. */
  private static final int DECODED_GAP = 16;

  /** Most weight rows whose results are held before they are passed on. */
  private static final int MAX_BLOCK_ROWS = MatrixKernels.MAX_TILE_ROWS;

  /** Encoded rows taken together: the more, the longer the streams they are read as. */
  private static final int IN_PLACE_ROWS = 1024;

  private final MatrixKernels kernels;
  private final Map<EncodedKernels, EncodedKernels.Activations> prepared = new IdentityHashMap<>();
  private final WorkerPool pool;
  private long[] weightAt = {};
  private int[] firstRow = {0};
  private int[] xOffsets = {};
  private long[] costs = {0};
  private int[] xRows = {};
  private float[] x = {};
  private int floats;
  private int jobs;

  /** What runs now: kept here, so that no task need be made to hold it. */
  private Product product;

  /** Weight rows of a group, and groups of a job. */
  private int group;

  private int groups;
  private EncodedKernels encoded;
  private EncodedKernels.Activations activations;
  private final WorkerPool.RangeTask multiplyRange = this::multiplyRange;
  private final WorkerPool.RangeTask prepareRange = this::prepareRange;

  /** What multiplies decoded rows of this product in panels, or null. */
  private PanelKernels panels;

  private final PanelActivations panelled = new PanelActivations();
  private final WorkerPool.RangeTask packRange = this::packRange;

  MatrixJobs(MatrixKernels kernels, WorkerPool pool) {
    this.kernels = kernels;
    this.pool = pool;
  }

  /** Starts a new set with room for {@code jobs} jobs, {@code rows} rows and packed activations. */
  void reset(int jobs, int rows, int floats) {
    this.jobs = 0;
    this.floats = floats;
    if (weightAt.length < jobs) {
      weightAt = new long[jobs];
      firstRow = new int[jobs + 1];
    }
    if (xOffsets.length < rows) {
      xOffsets = new int[rows];
    }
    if (x.length < floats) {
      x = new float[floats];
    }
  }

  /** Where activations are packed. */
  float[] activations() {
    return x;
  }

  /** Adds a job; its rows follow with {@link #addRow}. */
  void addJob(long weightOffset) {
    weightAt[jobs] = weightOffset;
    jobs++;
    firstRow[jobs] = firstRow[jobs - 1];
  }

  /** Adds an activation row to the last job; rows lie at multiples of their length. */
  void addRow(int xOffset) {
    xOffsets[firstRow[jobs]++] = xOffset;
  }

  /**
   * The weights of all jobs, and where their products go.
   *
   * @param constant whether the weights never change while they are open
   * @param rowStride bytes from one weight row to the next
   * @param n weight rows of a job
   * @param k length of a row
   */
  record Product(
      DType dtype,
      MemorySegment weight,
      boolean constant,
      long rowStride,
      int n,
      int k,
      Sink sink) {}

  /** Runs all jobs. */
  void run(Product product) {
    this.product = product;
    int n = product.n();
    int k = product.k();
    encoded = k == 0 ? null : kernels.encoded(product.dtype());
    group = encoded == null ? GROUP : encoded.rowsTogether();
    groups = Math.ceilDiv(n, group);
    if (encoded != null) {
      prepare(product.dtype(), k);
    } else {
      packPanels(k);
    }
    if (jobs == 1) {
      pool.forEach(groups, groupCost(0), multiplyRange);
    } else {
      pool.forEach(Math.multiplyExact(jobs, groups), costs(), multiplyRange);
    }
  }

  /** Of a group of weight rows, in bytes that are read and products. */
  private long groupCost(int job) {
    int k = product.k();
    long products = (long) (firstRow[job + 1] - firstRow[job]) * k;
    return group * (product.dtype().rowBytes(k) + products);
  }

  /** Prefix sums over all groups of all jobs. */
  private long[] costs() {
    int items = jobs * groups;
    if (costs.length <= items) {
      costs = new long[items + 1];
    }
    int item = 0;
    for (int job = 0; job < jobs; job++) {
      long cost = groupCost(job);
      for (int i = 0; i < groups; i++, item++) {
        costs[item + 1] = costs[item] + cost;
      }
    }
    return costs;
  }

  private void multiplyRange(int from, int to, Workspace workspace) {
    int item = from;
    while (item < to) {
      int job = item / groups;
      int end = Math.min(to, (job + 1) * groups);
      int firstWeight = (item - job * groups) * group;
      int lastWeight = Math.min(product.n(), (end - job * groups) * group);
      if (encoded != null) {
        multiplyEncoded(job, firstWeight, lastWeight, workspace);
      } else {
        multiply(job, firstWeight, lastWeight, workspace);
      }
      item = end;
    }
  }

  private void prepare(DType dtype, int k) {
    encoded.bind(
        dtype,
        product.weight(),
        product.constant(),
        weightAt,
        jobs,
        product.rowStride(),
        product.n(),
        k);
    int rows = floats / k;
    activations = prepared.computeIfAbsent(encoded, EncodedKernels::newActivations);
    activations.reset(dtype, rows, k);
    int used = firstRow[jobs];
    if (xRows.length < used) {
      xRows = new int[used];
    }
    for (int i = 0; i < used; i++) {
      xRows[i] = xOffsets[i] / k;
    }
    pool.forEach(rows, k, prepareRange);
  }

  private void prepareRange(int from, int to, Workspace workspace) {
    workspace.encoded(encoded).prepare(activations, x, from, to);
  }

  /** Has panels used when a job fills one. */
  private void packPanels(int k) {
    panels = null;
    for (int job = 0; job < jobs && panels == null; job++) {
      if (firstRow[job + 1] - firstRow[job] >= PanelKernels.X_ROWS) {
        panels = kernels.panels();
      }
    }
    if (panels != null) {
      int rows = firstRow[jobs];
      panelled.reset(rows, k);
      pool.forEach(rows, k, packRange);
    }
  }

  private void packRange(int from, int to, Workspace workspace) {
    panelled.pack(panels, firstRow, x, xOffsets, product.k(), from, to);
  }

  private void multiplyEncoded(int job, int from, int to, Workspace workspace) {
    EncodedKernels.Worker worker = workspace.encoded(encoded);
    int firstX = firstRow[job];
    int rows = firstRow[job + 1] - firstX;
    if (rows == 0) {
      return;
    }
    int most = Math.max(group, encoded.resultsAtOnce() / rows / group * group);
    int block = Math.min(to - from, most);
    float[] results = workspace.floats(Workspace.Slot.RESULTS, Math.multiplyExact(rows, block));
    for (int n = from; n < to; n += block) {
      int count = Math.min(block, to - n);
      long at = weightAt[job] + n * product.rowStride();
      worker.multiply(
          activations,
          product.weight(),
          at,
          product.rowStride(),
          count,
          xRows,
          firstX,
          firstX + rows,
          results,
          count);
      for (int i = 0; i < rows; i++) {
        product.sink().put(job, firstX + i, n, results, i * count, count);
      }
    }
  }

  private void multiply(int job, int from, int to, Workspace workspace) {
    int rows = firstRow[job + 1] - firstRow[job];
    if (rows == 1 && kernels.readsInPlace(product.dtype())) {
      multiplyInPlace(job, from, to, workspace);
    } else if (rows > 0) {
      if (panels != null && rows >= PanelKernels.X_ROWS) {
        multiplyPanels(job, from, to, workspace);
      } else {
        multiplyDecoded(job, from, to, workspace);
      }
    }
  }

  private void multiplyInPlace(int job, int from, int to, Workspace workspace) {
    float[] results = workspace.floats(Workspace.Slot.RESULTS, IN_PLACE_ROWS);
    int row = firstRow[job];
    for (int n = from; n < to; n += IN_PLACE_ROWS) {
      int count = Math.min(IN_PLACE_ROWS, to - n);
      kernels.dotRows(
          product.dtype(),
          product.weight(),
          weightAt[job] + n * product.rowStride(),
          product.rowStride(),
          count,
          x,
          xOffsets[row],
          product.k(),
          results,
          0);
      product.sink().put(job, row, n, results, 0, count);
    }
  }

  private void multiplyDecoded(int job, int from, int to, Workspace workspace) {
    int k = product.k();
    int firstX = firstRow[job];
    int rows = firstRow[job + 1] - firstX;
    int block = Math.clamp(DECODED_FLOATS / Math.max(1, k), 4, MAX_BLOCK_ROWS);
    int stride = k + DECODED_GAP;
    float[] decoded = workspace.floats(Workspace.Slot.WEIGHTS, Math.multiplyExact(block, stride));
    float[] results = workspace.floats(Workspace.Slot.RESULTS, Math.multiplyExact(rows, block));
    float[] scratch = workspace.floats(Workspace.Slot.SCRATCH, MatrixKernels.SCRATCH_FLOATS);
    for (int n = from; n < to; n += block) {
      int count = Math.min(block, to - n);
      for (int r = 0; r < count; r++) {
        long at = weightAt[job] + (n + r) * product.rowStride();
        kernels.decode(product.dtype(), product.weight(), at, decoded, r * stride, k);
      }
      kernels.dotTile(
          decoded,
          0,
          stride,
          count,
          x,
          xOffsets,
          firstX,
          firstX + rows,
          k,
          results,
          0,
          block,
          scratch);
      for (int i = 0; i < rows; i++) {
        product.sink().put(job, firstX + i, n, results, i * block, count);
      }
    }
  }

  private void multiplyPanels(int job, int from, int to, Workspace workspace) {
    int k = product.k();
    int firstX = firstRow[job];
    int rows = firstRow[job + 1] - firstX;
    int inPanels = rows - rows % PanelKernels.X_ROWS;
    int block = Math.clamp(DECODED_FLOATS / Math.max(1, k), 4, MAX_BLOCK_ROWS) & ~1;
    float[] row = workspace.floats(Workspace.Slot.ROW, k);
    float[] weights = workspace.floats(Workspace.Slot.WEIGHTS, Math.multiplyExact(block, k));
    float[] results = workspace.floats(Workspace.Slot.RESULTS, Math.multiplyExact(rows, block));
    float[] scratch = workspace.floats(Workspace.Slot.SCRATCH, MatrixKernels.SCRATCH_FLOATS);
    for (int n = from; n < to; n += block) {
      int count = Math.min(block, to - n);
      for (int r = 0; r < count; r++) {
        long at = weightAt[job] + (n + r) * product.rowStride();
        int inPanel = r % PanelKernels.WEIGHT_ROWS;
        kernels.decode(product.dtype(), product.weight(), at, row, 0, k);
        panels.pack(row, 0, k, weights, (r - inPanel) * k, inPanel, PanelKernels.WEIGHT_ROWS);
      }
      for (int i = 0; i < inPanels; i += PanelKernels.X_ROWS) {
        int xAt = (firstX + i) * k;
        int outAt = i * block;
        panels.dot(
            weights,
            count,
            panelled.floats(),
            xAt,
            PanelKernels.X_ROWS,
            k,
            results,
            outAt,
            block,
            scratch);
      }
      for (int i = inPanels; i < rows; i++) {
        int xAt = xOffsets[firstX + i];
        panels.dot(weights, count, x, xAt, 1, k, results, i * block, block, scratch);
      }
      for (int i = 0; i < rows; i++) {
        product.sink().put(job, firstX + i, n, results, i * block, count);
      }
    }
  }
}
