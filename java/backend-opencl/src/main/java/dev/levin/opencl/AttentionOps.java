package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RaggedBatch;

/** Attention over pages. */
final class AttentionOps {
  /** Work-groups for each compute unit below which keys are split among more of them. */
  private static final int FULL = 2;

  /** Partial results take no more than this. */
  private static final long MAX_PARTIAL_BYTES = 256L << 20;

  private final Kernels kernels;
  private final LaunchSizes sizes;
  private final OpenClDevice device;

  AttentionOps(Kernels kernels, OpenClDevice device) {
    this.kernels = kernels;
    this.sizes = kernels.sizes();
    this.device = device;
  }

  void run(Attention op) {
    long group = op.q().dim(1) / op.kCache().dim(1);
    AttentionTile tile =
        AttentionTile.of(sizes, device.localBytes(), group, op.kCache().dim(3), op.out().dim(2));
    long headTiles = op.kCache().dim(1) * Math.ceilDiv(group, tile.heads());
    long tokenTiles = op.q().dim(0) / tile.tokens() + op.batch().numSeqs();
    if (op.q().dim(0) == 0) {
      return;
    }
    long splits = splits(op, headTiles * tokenTiles);
    if (splits == 1) {
      begin(op, "attention", tile, merged(op), null, 1)
          .run(sizes.attentionItems(), headTiles, tokenTiles, sizes.attentionItems(), 1);
      return;
    }
    long tokens = op.q().dim(0);
    long heads = op.q().dim(1);
    Scratch scratch = kernels.scratch();
    scratch.begin(
        Scratch.bytes(tokens * heads * splits * op.out().dim(2))
            + Scratch.bytes(tokens * heads * splits * 2));
    Tensor partials = scratch.tensor(DType.F32, tokens, heads, splits, op.out().dim(2));
    Tensor states = scratch.tensor(DType.F32, tokens, heads, splits * 2);
    begin(op, "attention_split", tile, partials, states, splits)
        .run(sizes.attentionItems(), headTiles, tokenTiles * splits, sizes.attentionItems(), 1);
    begin(op, "attention_merge", null, partials, states, splits)
        .run(sizes.lanes(), heads, tokens, sizes.lanes(), 1);
  }

  /** Float32 in which splits are merged, null where out is that itself. */
  private Tensor merged(Attention op) {
    if (op.out().dtype() == DType.F32) {
      return null;
    }
    long tokens = op.q().dim(0);
    long heads = op.q().dim(1);
    kernels.scratch().begin(Scratch.bytes(tokens * heads * op.out().dim(2)));
    return kernels.scratch().tensor(DType.F32, tokens, heads, 1, op.out().dim(2));
  }

  /** How many work-groups share the keys of a query: 1 where there is enough to do without. */
  private long splits(Attention op, long workGroups) {
    boolean shortWindow = op.window() > 0 && op.window() <= sizes.splitKeys();
    if (shortWindow || workGroups >= (long) FULL * device.computeUnits()) {
      return 1;
    }
    BatchLengths lengths = op.batch().lengths();
    long most = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      most = Math.max(most, lengths.queryLen(b) == 0 ? 0 : lengths.kvLen(b));
    }
    long splits = Math.max(1, Math.ceilDiv(most, (long) sizes.splitKeys()));
    long bytes = op.q().dim(0) * op.q().dim(1) * splits * (op.out().dim(2) + 2) * Float.BYTES;
    return bytes > MAX_PARTIAL_BYTES ? 1 : splits;
  }

  /** All three kernels share their parameters; without a tile there is no local memory. */
  private KernelCall begin(
      Attention op,
      String kernel,
      AttentionTile tile,
      Tensor partials,
      Tensor states,
      long splits) {
    RaggedBatch batch = op.batch();
    Tensor keys = op.kCache();
    boolean latent = op.vCache() == null;
    long heads = op.q().dim(1);
    KernelCall call =
        kernels
            .cache(op, kernel, keys.dtype())
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
            .optional("partials", partials, 4)
            .optional("states", states, 3);
    if (tile != null) {
      call.local(tile.stageFloats()).local(tile.queryFloats()).local(tile.totalFloats());
    }
    return call.longs(batch.numSeqs(), heads, heads / keys.dim(1), keys.dim(3), op.out().dim(2))
        .longs(keys.dim(0), batch.pageSize(), op.causal() ? 1 : 0, op.window())
        .longs(
            tile == null ? 0 : tile.tokens(),
            tile == null ? 0 : tile.heads(),
            tile == null ? 0 : tile.stageKeys(),
            splits)
        .floats(op.smScale(), op.softCap());
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
        .run(heads, op.a().dim(0), 1, sizes.narrowGroup(), 1);
  }
}
