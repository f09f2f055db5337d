package dev.levin.cpu;

import dev.levin.core.op.Attention;
import java.lang.foreign.MemorySegment;

/**
 * What one worker does at a time: query rows of one sequence that share a KV head, row = query *
 * group + head within the group, against keys [from, to) of that head.
 *
 * <p>Filled anew for each slice; {@link SliceKernels} read it.
 */
public final class AttentionSlice {
  private final PartialAttention result = new PartialAttention();
  private float[] queries = {};
  private AttentionPass pass;
  private int sequence;
  private int kvHead;
  private int firstQuery;
  private int firstIndex;
  private int rows;
  private int from;
  private int to;

  /** Takes the queries of an item; {@link #keys} then says which keys they meet. */
  void queries(AttentionPass pass, int sequence, int kvHead, int firstQuery, int count) {
    this.pass = pass;
    this.sequence = sequence;
    this.kvHead = kvHead;
    this.firstQuery = firstQuery;
    firstIndex = pass.keyIndex(sequence, firstQuery);
    rows = count * pass.group();
    int dim = pass.keyDim();
    if (queries.length < rows * dim) {
      queries = new float[rows * dim];
    }
    for (int row = 0; row < rows; row++) {
      Host.read(pass.q(), op().q().offset(token(row), head(row)), queries, row * dim, dim);
    }
  }

  /** Sets the keys and forgets the result for others. */
  void keys(int from, int to) {
    this.from = from;
    this.to = to;
    result.reset(rows, pass.valueDim());
  }

  public Attention op() {
    return pass.op();
  }

  public int rows() {
    return rows;
  }

  /** [rows, keyDim]. */
  public float[] queries() {
    return queries;
  }

  public int keyDim() {
    return pass.keyDim();
  }

  public int valueDim() {
    return pass.valueDim();
  }

  public int kvHead() {
    return kvHead;
  }

  /** First key. */
  public int from() {
    return from;
  }

  /** One past the last key. */
  public int to() {
    return to;
  }

  /** First of the keys that a row sees, perhaps at or past {@link #end}. */
  public int first(int row) {
    return Math.max(from, pass.firstKey(index(row)));
  }

  /** One past the last of the keys that a row sees, trees left out. */
  public int end(int row) {
    return Math.min(to, pass.endKey(index(row), sequence));
  }

  /** Where in its sequence a row's token is. */
  private int index(int row) {
    return firstIndex + row / pass.group();
  }

  /** Row of this step's tokens. */
  int token(int row) {
    return pass.firstToken(sequence) + firstQuery + row / pass.group();
  }

  /** Query head. */
  int head(int row) {
    return kvHead * pass.group() + row % pass.group();
  }

  /** First key of this step's own tokens: the tree mask speaks of those alone. */
  public int firstOwnKey() {
    return pass.keyIndex(sequence, 0);
  }

  /** Byte offset of a row's bits in the tree mask. */
  public long treeMaskAt(int row) {
    return op().treeMask().offset(token(row));
  }

  public int pageSize() {
    return op().batch().pageSize();
  }

  /** Page of the keys [entry * pageSize, (entry + 1) * pageSize). */
  public int page(int entry) {
    return pass.page(sequence, entry);
  }

  public MemorySegment keyCache() {
    return pass.keyCache();
  }

  /** Null where values are the first elements of keys. */
  public MemorySegment valueCache() {
    return pass.valueCache();
  }

  /** Null where every row sees all keys of [first, end). */
  public MemorySegment treeMask() {
    return pass.treeMask();
  }

  /** Empty when the kernels begin. */
  public PartialAttention result() {
    return result;
  }
}
