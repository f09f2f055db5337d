package dev.levin.opencl;

import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RaggedBatch;

/** Attention over pages. */
final class AttentionOps {
  private static final int VECTOR = 16;

  private final Kernels kernels;

  AttentionOps(Kernels kernels) {
    this.kernels = kernels;
  }

  void run(Attention op) {
    RaggedBatch batch = op.batch();
    Tensor keys = op.kCache();
    boolean latent = op.vCache() == null;
    long heads = op.q().dim(1);
    int lanes = kernels.sizes().lanes();
    kernels
        .cache(op, "attention", keys.dtype())
        .tensor("q", op.q())
        .tensor("kCache", keys)
        .tensor(latent ? "kCache" : "vCache", latent ? keys : op.vCache())
        .tensor("out", op.out())
        .optional("lse", op.lse(), 2)
        .tensor("cuSeqlensQ", batch.cuSeqlensQ())
        .tensor("kvLens", batch.kvLens())
        .tensor("pageTable", batch.pageTable())
        .optional("sinks", op.sinks(), 1)
        .optional("treeMask", op.treeMask(), 2)
        .local(Math.ceilDiv(op.out().dim(2), VECTOR) * VECTOR)
        .longs(batch.numSeqs(), heads / keys.dim(1), keys.dim(3), op.out().dim(2))
        .longs(keys.dim(0), batch.pageSize(), op.causal() ? 1 : 0, op.window())
        .floats(op.smScale(), op.softCap())
        .run(lanes, heads, op.q().dim(0), lanes, 1);
  }

  void run(MergeAttention op) {
    long heads = op.a().dim(1);
    kernels
        .common(op, "merge_attention")
        .tensor("a", op.a())
        .tensor("lseA", op.lseA())
        .tensor("b", op.b())
        .tensor("lseB", op.lseB())
        .tensor("out", op.out())
        .tensor("lse", op.lse())
        .longs(heads, op.a().dim(2))
        .run(heads, op.a().dim(0), 1, kernels.sizes().narrowGroup(), 1);
  }
}
