package dev.levin.cpu;

import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import java.lang.foreign.MemorySegment;

/**
 * One {@link Attention} op: its memory, and which keys its rows see.
 *
 * <p>Keys are taken in splits of {@link #SPLIT}, whose borders are multiples of it in key index.
 * Every split starts from nothing and they join in the order of their keys, whether one worker does
 * them one after another, as in prefill, or several at once, as in decode. So the arithmetic of a
 * query row depends on its own keys alone: not on threads, on the rows beside it, on pages, or on
 * how a prompt was cut into steps.
 */
final class AttentionPass {
  /** Keys of a split; a multiple of every kernel's block. */
  static final int SPLIT = 512;

  private final Attention op;
  private final SliceKernels kernels;
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

  AttentionPass(Attention op, SliceKernels kernels) {
    this.op = op;
    this.kernels = kernels;
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

  Attention op() {
    return op;
  }

  SliceKernels kernels() {
    return kernels;
  }

  MemorySegment q() {
    return q;
  }

  MemorySegment keyCache() {
    return keyCache;
  }

  MemorySegment valueCache() {
    return valueCache;
  }

  MemorySegment treeMask() {
    return treeMask;
  }

  int group() {
    return group;
  }

  int keyDim() {
    return keyDim;
  }

  int valueDim() {
    return valueDim;
  }

  int firstToken(int sequence) {
    return lengths.queryStart(sequence);
  }

  /** Key index of a query. */
  int keyIndex(int sequence, int query) {
    return lengths.kvLen(sequence) - lengths.queryLen(sequence) + query;
  }

  /** First key that a query at key index {@code index} sees. */
  int firstKey(int index) {
    return op.window() > 0 ? Math.max(0, index - op.window() + 1) : 0;
  }

  /** One past the last key that a query at key index {@code index} sees, trees left out. */
  int endKey(int index, int sequence) {
    return op.causal() ? index + 1 : lengths.kvLen(sequence);
  }

  int page(int sequence, int entry) {
    int page = pageTable.get(Host.INT, op.batch().pageTable().offset(sequence) + 4L * entry);
    return Host.index(op, "pageTable", entry, page, op.kCache().dim(0));
  }

  /** The splits that queries [firstQuery, firstQuery + count) see: the first of them. */
  int firstSplit(int sequence, int firstQuery) {
    return firstKey(keyIndex(sequence, firstQuery)) / SPLIT;
  }

  /** One past the last of them. */
  int endSplit(int sequence, int firstQuery, int count) {
    return Math.ceilDiv(endKey(keyIndex(sequence, firstQuery + count - 1), sequence), SPLIT);
  }

  /** Multiply-adds of a split of an item, and the bytes of its keys and values. */
  long cost(int sequence, int firstQuery, int count, int split) {
    long keys = to(sequence, firstQuery, count, split) - (long) from(sequence, firstQuery, split);
    long perKey = op.kCache().rowBytes() + (valueCache == null ? 0 : op.vCache().rowBytes());
    return keys * (perKey + (long) count * group * (keyDim + valueDim));
  }

  private int from(int sequence, int firstQuery, int split) {
    return Math.max(split * SPLIT, firstKey(keyIndex(sequence, firstQuery)));
  }

  private int to(int sequence, int firstQuery, int count, int split) {
    int end = endKey(keyIndex(sequence, firstQuery + count - 1), sequence);
    return Math.min((split + 1) * SPLIT, end);
  }

  /** Leaves in {@code slice} what its queries get from one split. */
  void attend(
      AttentionSlice slice,
      int sequence,
      int firstQuery,
      int count,
      int split,
      SliceKernels.Worker worker) {
    slice.keys(from(sequence, firstQuery, split), to(sequence, firstQuery, count, split));
    worker.attend(slice);
  }

  /** Divides by the totals, sinks included, and writes output and lse of the slice's rows. */
  void finish(AttentionSlice slice, PartialAttention whole) {
    for (int row = 0; row < slice.rows(); row++) {
      finish(slice.token(row), slice.head(row), row, whole);
    }
  }

  private void finish(int token, int head, int row, PartialAttention whole) {
    double max = whole.maxima()[row];
    double total = whole.totals()[row];
    double factor = 1;
    boolean empty = max == Double.NEGATIVE_INFINITY;
    if (sinks != null && !empty) {
      double sink = sinks.get(Host.FLOAT, op.sinks().offset() + 4L * head);
      double joined = Math.max(max, sink);
      factor = Math.exp(max - joined);
      total = total * factor + Math.exp(sink - joined);
      max = joined;
    }
    float divide = empty ? 0 : (float) (factor / total);
    int at = row * valueDim;
    float[] sums = whole.sums();
    for (int d = at; d < at + valueDim; d++) {
      sums[d] *= divide;
    }
    Host.write(sums, at, out, op.out().offset(token, head), valueDim);
    if (lse != null) {
      float value = empty ? Float.NEGATIVE_INFINITY : (float) (max + Math.log(total));
      lse.set(Host.FLOAT, op.lse().offset(token) + 4L * head, value);
    }
  }
}
