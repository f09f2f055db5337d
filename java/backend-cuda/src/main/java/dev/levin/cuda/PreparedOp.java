package dev.levin.cuda;

import dev.levin.core.backend.Program;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import dev.levin.cuda.binding.Status;
import dev.levin.cuda.binding.levin_batch;
import dev.levin.cuda.binding.levin_workspace;

/**
 * An op whose arguments lie in native memory, ready to be launched again and again. What changes
 * between launches is set first: the bounds of the batch's lengths, and the workspace.
 */
final class PreparedOp {
  /** A function of {@code levin.h} bound to its arguments. */
  interface Entry {
    /** Queues the op; the result is a status. */
    int launch(long stream);
  }

  /** A query of {@code levin.h} bound to arguments. */
  interface WorkspaceQuery {
    /** Sets {@code bytes[0]}; the result is a status. */
    int ask(long[] bytes);
  }

  private final Op op;
  private final Entry entry;
  private RaggedBatch batch;
  private levin_batch nativeBatch;
  private WorkspaceQuery query;
  private levin_workspace workspace;

  PreparedOp(Op op, Entry entry) {
    this.op = op;
    this.entry = entry;
  }

  /** Tells where the bounds of the lengths go. */
  PreparedOp withBatch(RaggedBatch ragged, levin_batch arguments) {
    batch = ragged;
    nativeBatch = arguments;
    return this;
  }

  /** Tells where the workspace goes, and who knows its size. */
  PreparedOp withWorkspace(WorkspaceQuery sizeQuery, levin_workspace arguments) {
    query = sizeQuery;
    workspace = arguments;
    return this;
  }

  Op op() {
    return op;
  }

  /** Whether every sequence has one query row in this step. True without a batch. */
  boolean isDecode() {
    if (batch == null) {
      return true;
    }
    BatchLengths lengths = batch.lengths();
    if (batch.numTokens() != batch.numSeqs() || lengths.numSeqs() != batch.numSeqs()) {
      return false;
    }
    for (int b = 0; b < lengths.numSeqs(); b++) {
      if (lengths.queryLen(b) != 1) {
        return false;
      }
    }
    return true;
  }

  /** Whether the op has a batch at all. */
  boolean hasBatch() {
    return batch != null;
  }

  /** Bounds that hold for every decode step of this layout, as a {@link Program} captures it. */
  void boundForDecode() {
    if (batch != null) {
      bound(1, capacity());
    }
  }

  /** Bounds of this step, from the host's mirror of the lengths. */
  void boundForThisStep() {
    if (batch == null) {
      return;
    }
    BatchLengths lengths = batch.lengths();
    if (lengths.numSeqs() != batch.numSeqs()) {
      bound(batch.numTokens(), capacity());
      return;
    }
    int queries = 0;
    int keys = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      queries = Math.max(queries, lengths.queryLen(b));
      keys = Math.max(keys, lengths.kvLen(b));
    }
    bound(queries, keys);
  }

  private long capacity() {
    return (long) batch.maxPages() * batch.pageSize();
  }

  private void bound(int queries, long keys) {
    nativeBatch.max_query_len(queries);
    nativeBatch.max_kv_len(keys);
  }

  /** Bytes of workspace under the bounds that were set last. */
  long workspaceBytes() {
    if (query == null) {
      return 0;
    }
    long[] bytes = new long[1];
    Status.check(query.ask(bytes), op.name());
    return bytes[0];
  }

  void use(Workspace shared) {
    if (workspace != null) {
      workspace.data(shared.address());
      workspace.bytes(shared.byteSize());
    }
  }

  void launch(long stream) {
    Status.check(entry.launch(stream), op.name());
  }
}
