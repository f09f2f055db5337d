package dev.levin.cpu;

import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * One launch of {@link Attention}: online softmax over blocks of keys.
 *
 * <p>Block borders are multiples of {@link AttentionKernels#BLOCK} in key index and a key that is
 * not visible adds nothing, so the arithmetic of a query row depends on its own keys alone: not on
 * the rows beside it, on pages, or on how a prompt was cut into steps.
 */
final class AttentionPass {
  private static final int BLOCK = AttentionKernels.BLOCK;

  private final Attention op;
  private final MatrixKernels matrix;
  private final AttentionKernels kernels;
  private final BatchLengths lengths;
  private final MemorySegment q;
  private final MemorySegment keyCache;
  private final MemorySegment valueCache;
  private final MemorySegment out;
  private final MemorySegment lse;
  private final MemorySegment pageTable;
  private final MemorySegment sinks;
  private final MemorySegment treeMask;
  private final int group;
  private final int keyDim;
  private final int valueDim;
  private final int pageSize;

  AttentionPass(Attention op, KernelTable table) {
    this.op = op;
    matrix = table.matrix();
    kernels = table.attention();
    lengths = op.batch().lengths();
    q = Host.memory(op, "q", op.q());
    keyCache = Host.memory(op, "kCache", op.kCache());
    valueCache = Host.memory(op, "vCache", op.vCache());
    out = Host.memory(op, "out", op.out());
    lse = Host.memory(op, "lse", op.lse());
    pageTable = Host.memory(op, "pageTable", op.batch().pageTable());
    sinks = Host.memory(op, "sinks", op.sinks());
    treeMask = Host.memory(op, "treeMask", op.treeMask());
    group = Host.size(op.q().dim(1) / op.kCache().dim(1));
    keyDim = Host.size(op.q().dim(2));
    valueDim = Host.size(op.out().dim(2));
    pageSize = op.batch().pageSize();
  }

  /** Checks what the lengths say against the tensors. */
  void checkSequence(int sequence) {
    int queryLen = lengths.queryLen(sequence);
    int kvLen = lengths.kvLen(sequence);
    if (queryLen > kvLen) {
      throw new IllegalArgumentException(
          "Attention: sequence %d has %d queries but only %d keys"
              .formatted(sequence, queryLen, kvLen));
    }
    if (kvLen > (long) op.batch().maxPages() * pageSize) {
      throw new IllegalArgumentException(
          "Attention: sequence %d has %d keys, its page table holds %d pages of %d"
              .formatted(sequence, kvLen, op.batch().maxPages(), pageSize));
    }
    if (treeMask != null && queryLen > 32 * op.treeMask().dim(1)) {
      throw new IllegalArgumentException(
          "Attention: sequence %d has %d queries, treeMask has bits for %d"
              .formatted(sequence, queryLen, 32 * op.treeMask().dim(1)));
    }
  }

  /** First key that a query at key index {@code index} sees. */
  private int firstKey(int index) {
    return op.window() > 0 ? Math.max(0, index - op.window() + 1) : 0;
  }

  /** One past the last key that a query at key index {@code index} sees, trees left out. */
  private int endKey(int index, int kvLen) {
    return op.causal() ? index + 1 : kvLen;
  }

  /** Multiply-adds of an item. */
  long cost(int sequence, int firstQuery, int count) {
    int index = lengths.kvLen(sequence) - lengths.queryLen(sequence) + firstQuery;
    long keys = endKey(index + count - 1, lengths.kvLen(sequence)) - firstKey(index);
    return keys * (keyDim + valueDim) * (2L + (long) count * group);
  }

  /** Query rows [firstQuery, firstQuery + count) of a sequence, for the heads of one KV head. */
  void run(int sequence, int kvHead, int firstQuery, int count, Workspace workspace) {
    Rows rows = new Rows(sequence, kvHead, firstQuery, count, workspace);
    int end = endKey(rows.firstIndex + count - 1, lengths.kvLen(sequence));
    int key = firstKey(rows.firstIndex);
    while (key < end) {
      int blockEnd = Math.min(end, (key / BLOCK + 1) * BLOCK);
      rows.block(key, blockEnd);
      key = blockEnd;
    }
    rows.finish();
  }

  /**
   * Running state of an item's rows, row = query * group + head within the group. Sums are not yet
   * divided by their weight total.
   */
  private final class Rows {
    private final int sequence;
    private final int kvHead;
    private final int firstToken;
    private final int firstIndex;
    private final int count;
    private final float[] queries;
    private final int[] queryOffsets;
    private final float[] keys;
    private final float[] values;
    private final float[] scratch;
    private final float[] scores;
    private final float[] sums;
    private final float[] maxima;
    private final float[] totals;

    Rows(int sequence, int kvHead, int firstQuery, int queryCount, Workspace workspace) {
      this.sequence = sequence;
      this.kvHead = kvHead;
      firstToken = lengths.queryStart(sequence) + firstQuery;
      firstIndex = lengths.kvLen(sequence) - lengths.queryLen(sequence) + firstQuery;
      count = queryCount * group;
      queries = workspace.floats(Workspace.Slot.QUERIES, count * keyDim);
      queryOffsets = workspace.multiples(keyDim, count);
      keys = workspace.floats(Workspace.Slot.KEYS, BLOCK * keyDim);
      values =
          valueCache == null ? keys : workspace.floats(Workspace.Slot.VALUES, BLOCK * valueDim);
      scratch = workspace.floats(Workspace.Slot.SCRATCH, MatrixKernels.SCRATCH_FLOATS);
      scores = workspace.floats(Workspace.Slot.SCORES, count * BLOCK);
      sums = workspace.floats(Workspace.Slot.SUMS, count * valueDim);
      maxima = workspace.floats(Workspace.Slot.MAXIMA, count);
      totals = workspace.floats(Workspace.Slot.TOTALS, count);
      Arrays.fill(sums, 0, count * valueDim, 0f);
      Arrays.fill(maxima, 0, count, Float.NEGATIVE_INFINITY);
      Arrays.fill(totals, 0, count, 0f);
      for (int row = 0; row < count; row++) {
        Host.read(q, op.q().offset(token(row), head(row)), queries, row * keyDim, keyDim);
      }
    }

    private int token(int row) {
      return firstToken + row / group;
    }

    private int head(int row) {
      return kvHead * group + row % group;
    }

    /** Keys [from, to), which lie in one block. */
    void block(int from, int to) {
      int base = from / BLOCK * BLOCK;
      decode(base, from, to);
      matrix.dotTile(
          keys,
          (from - base) * keyDim,
          to - from,
          queries,
          queryOffsets,
          0,
          count,
          keyDim,
          scores,
          from - base,
          BLOCK,
          scratch);
      int kvLen = lengths.kvLen(sequence);
      for (int row = 0; row < count; row++) {
        int index = firstIndex + row / group;
        int first = Math.max(from, firstKey(index));
        int end = Math.min(to, endKey(index, kvLen));
        if (first < end) {
          update(row, base, first, end);
        }
      }
    }

    private void decode(int base, int from, int to) {
      int key = from;
      while (key < to) {
        int page = pageOf(key / pageSize);
        int slot = key % pageSize;
        int run = Math.min(pageSize - slot, to - key);
        decodeRun(op.kCache(), keyCache, page, slot, run, keys, (key - base) * keyDim, keyDim);
        if (valueCache != null) {
          int at = (key - base) * valueDim;
          decodeRun(op.vCache(), valueCache, page, slot, run, values, at, valueDim);
        }
        key += run;
      }
    }

    private int pageOf(int entry) {
      long at = op.batch().pageTable().offset(sequence) + 4L * entry;
      int page = pageTable.get(Host.INT, at);
      return Host.index(op, "pageTable", entry, page, op.kCache().dim(0));
    }

    private void decodeRun(
        Tensor cache,
        MemorySegment memory,
        int page,
        int slot,
        int run,
        float[] target,
        int to,
        int dim) {
      long at = cache.offset(page, kvHead, slot);
      if (cache.stride(2) == cache.rowBytes()) {
        matrix.decode(cache.dtype(), memory, at, target, to, run * dim);
        return;
      }
      for (int i = 0; i < run; i++) {
        matrix.decode(cache.dtype(), memory, at + i * cache.stride(2), target, to + i * dim, dim);
      }
    }

    /** Joins the scores of keys [first, end) to a row. */
    private void update(int row, int base, int first, int end) {
      int at = row * BLOCK;
      kernels.scale(scores, at, op.smScale(), op.softCap());
      Arrays.fill(scores, at, at + first - base, Float.NEGATIVE_INFINITY);
      Arrays.fill(scores, at + end - base, at + BLOCK, Float.NEGATIVE_INFINITY);
      if (treeMask != null) {
        maskTree(row, base, first, end);
      }
      float blockMax = kernels.max(scores, at);
      if (blockMax == Float.NEGATIVE_INFINITY) {
        return;
      }
      float max = Math.max(maxima[row], blockMax);
      float rescale = (float) Math.exp((double) maxima[row] - max);
      float total = kernels.expSum(scores, at, max);
      totals[row] = totals[row] * rescale + total;
      maxima[row] = max;
      int valueStride = valueCache == null ? keyDim : valueDim;
      kernels.accumulate(
          sums,
          row * valueDim,
          valueDim,
          rescale,
          scores,
          at,
          first - base,
          end - base,
          values,
          valueStride);
    }

    private void maskTree(int row, int base, int first, int end) {
      int firstOwn = lengths.kvLen(sequence) - lengths.queryLen(sequence);
      long at = op.treeMask().offset(token(row));
      for (int key = Math.max(first, firstOwn); key < end; key++) {
        int bit = key - firstOwn;
        int word = treeMask.get(Host.INT, at + 4L * (bit >> 5));
        if ((word >>> (bit & 31) & 1) == 0) {
          scores[row * BLOCK + key - base] = Float.NEGATIVE_INFINITY;
        }
      }
    }

    void finish() {
      for (int row = 0; row < count; row++) {
        finish(row);
      }
    }

    private void finish(int row) {
      double max = maxima[row];
      double total = totals[row];
      double factor = 1;
      boolean empty = max == Double.NEGATIVE_INFINITY;
      if (sinks != null && !empty) {
        double sink = sinks.get(Host.FLOAT, op.sinks().offset() + 4L * head(row));
        double joined = Math.max(max, sink);
        factor = Math.exp(max - joined);
        total = total * factor + Math.exp(sink - joined);
        max = joined;
      }
      float divide = empty ? 0 : (float) (factor / total);
      int at = row * valueDim;
      for (int d = at; d < at + valueDim; d++) {
        sums[d] *= divide;
      }
      Host.write(sums, at, out, op.out().offset(token(row), head(row)), valueDim);
      if (lse != null) {
        float value = empty ? Float.NEGATIVE_INFINITY : (float) (max + Math.log(total));
        lse.set(Host.FLOAT, op.lse().offset(token(row)) + 4L * head(row), value);
      }
    }
  }
}
