package dev.levin.cpu;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Online softmax over blocks of keys, which are decoded into arrays once for all rows.
 *
 * <p>Block borders are multiples of {@link AttentionKernels#BLOCK} in key index and a key that is
 * not visible adds nothing, so the arithmetic of a query row depends on its own keys alone.
 */
final class BlockwiseAttention implements SliceKernels {
  private static final int BLOCK = AttentionKernels.BLOCK;

  private final MatrixKernels matrix;
  private final AttentionKernels kernels;

  BlockwiseAttention(MatrixKernels matrix, AttentionKernels kernels) {
    this.matrix = matrix;
    this.kernels = kernels;
  }

  @Override
  public boolean reads(DType dtype) {
    return true;
  }

  @Override
  public Worker newWorker() {
    return new Blocks();
  }

  private final class Blocks implements Worker {
    private final float[] scratch = new float[MatrixKernels.SCRATCH_FLOATS];
    private float[] keys = {};
    private float[] ownValues = {};
    private float[] scores = {};
    private float[] rescales = {};
    private int[] queryOffsets = {};
    private AttentionSlice slice;
    private int keyDim;
    private int valueDim;

    @Override
    public void attend(AttentionSlice slice) {
      this.slice = slice;
      reserve();
      int key = slice.from();
      while (key < slice.to()) {
        int end = Math.min(slice.to(), (key / BLOCK + 1) * BLOCK);
        block(key, end);
        key = end;
      }
    }

    private void reserve() {
      keyDim = slice.keyDim();
      valueDim = slice.valueDim();
      int rows = slice.rows();
      if (keys.length < BLOCK * keyDim) {
        keys = new float[BLOCK * keyDim];
      }
      if (slice.valueCache() != null && ownValues.length < BLOCK * valueDim) {
        ownValues = new float[BLOCK * valueDim];
      }
      if (scores.length < rows * BLOCK) {
        scores = new float[rows * BLOCK];
        rescales = new float[rows];
        queryOffsets = new int[rows];
      }
      for (int row = 0; row < rows; row++) {
        queryOffsets[row] = row * keyDim;
      }
    }

    /** Keys [from, to), which lie in one block. */
    private void block(int from, int to) {
      int base = from / BLOCK * BLOCK;
      decode(base, from, to);
      matrix.dotTile(
          keys,
          (from - base) * keyDim,
          keyDim,
          to - from,
          slice.queries(),
          queryOffsets,
          0,
          slice.rows(),
          keyDim,
          scores,
          from - base,
          BLOCK,
          scratch);
      for (int row = 0; row < slice.rows(); row++) {
        weigh(row, base);
      }
      for (int row = 0; row < slice.rows(); row += AttentionKernels.ROWS) {
        accumulate(row, Math.min(AttentionKernels.ROWS, slice.rows() - row), base);
      }
    }

    private void decode(int base, int from, int to) {
      int key = from;
      int pageSize = slice.pageSize();
      while (key < to) {
        int page = slice.page(key / pageSize);
        int slot = key % pageSize;
        int run = Math.min(pageSize - slot, to - key);
        int at = key - base;
        decode(slice.op().kCache(), slice.keyCache(), page, slot, run, keys, at * keyDim, keyDim);
        if (slice.valueCache() != null) {
          Tensor cache = slice.op().vCache();
          int to0 = at * valueDim;
          decode(cache, slice.valueCache(), page, slot, run, ownValues, to0, valueDim);
        }
        key += run;
      }
    }

    private void decode(
        Tensor cache,
        MemorySegment memory,
        int page,
        int slot,
        int run,
        float[] target,
        int to,
        int dim) {
      long at = cache.offset(page, slice.kvHead(), slot);
      if (cache.stride(2) == cache.rowBytes()) {
        matrix.decode(cache.dtype(), memory, at, target, to, run * dim);
        return;
      }
      for (int i = 0; i < run; i++) {
        matrix.decode(cache.dtype(), memory, at + i * cache.stride(2), target, to + i * dim, dim);
      }
    }

    /** First and end of what a row sees of a block, counted from its base. */
    private int first(int row, int base) {
      return Math.clamp(slice.first(row) - base, 0, BLOCK);
    }

    private int end(int row, int base) {
      return Math.clamp(slice.end(row) - base, 0, BLOCK);
    }

    /** Turns the scores of a row into weights and joins their maximum and total. */
    private void weigh(int row, int base) {
      rescales[row] = 1;
      int first = first(row, base);
      int end = end(row, base);
      if (first >= end) {
        return;
      }
      int at = row * BLOCK;
      kernels.scale(scores, at, slice.op().smScale(), slice.op().softCap());
      Arrays.fill(scores, at, at + first, Float.NEGATIVE_INFINITY);
      Arrays.fill(scores, at + end, at + BLOCK, Float.NEGATIVE_INFINITY);
      if (slice.treeMask() != null) {
        maskTree(row, base, first, end);
      }
      float blockMax = kernels.max(scores, at);
      if (blockMax == Float.NEGATIVE_INFINITY) {
        Arrays.fill(scores, at, at + BLOCK, 0f);
        return;
      }
      PartialAttention result = slice.result();
      float old = result.maxima()[row];
      float max = Math.max(old, blockMax);
      float total = kernels.expSum(scores, at, max);
      rescales[row] = max == old ? 1 : (float) Math.exp((double) old - max);
      result.totals()[row] = result.totals()[row] * rescales[row] + total;
      result.maxima()[row] = max;
    }

    private void maskTree(int row, int base, int first, int end) {
      int firstOwn = slice.firstOwnKey();
      long at = slice.treeMaskAt(row);
      for (int i = Math.max(first, firstOwn - base); i < end; i++) {
        int bit = base + i - firstOwn;
        int word = slice.treeMask().get(Host.INT, at + 4L * (bit >> 5));
        if ((word >>> (bit & 31) & 1) == 0) {
          scores[row * BLOCK + i] = Float.NEGATIVE_INFINITY;
        }
      }
    }

    /**
     * Adds the weighted values to {@code rows} rows: together over the keys that all of them see,
     * one by one over those before and after, so that each row adds its keys in their order.
     */
    private void accumulate(int row, int rows, int base) {
      int first = 0;
      int end = BLOCK;
      for (int r = row; r < row + rows; r++) {
        first = Math.max(first, first(r, base));
        end = Math.min(end, end(r, base));
      }
      if (first >= end || rows < AttentionKernels.ROWS) {
        for (int r = row; r < row + rows; r++) {
          accumulateRow(r, first(r, base), end(r, base), rescales[r]);
        }
        return;
      }
      for (int r = row; r < row + rows; r++) {
        accumulateRow(r, first(r, base), first, rescales[r]);
      }
      kernels.accumulateRows(
          slice.result().sums(),
          row * valueDim,
          valueDim,
          scores,
          row * BLOCK,
          first,
          end,
          values(),
          valueStride());
      for (int r = row; r < row + rows; r++) {
        accumulateRow(r, end, end(r, base), 1);
      }
    }

    private float[] values() {
      return slice.valueCache() == null ? keys : ownValues;
    }

    private int valueStride() {
      return slice.valueCache() == null ? keyDim : valueDim;
    }

    private void accumulateRow(int row, int first, int end, float rescale) {
      kernels.accumulateRow(
          slice.result().sums(),
          row * valueDim,
          valueDim,
          rescale,
          scores,
          row * BLOCK,
          first,
          Math.max(first, end),
          values(),
          valueStride());
    }
  }
}
