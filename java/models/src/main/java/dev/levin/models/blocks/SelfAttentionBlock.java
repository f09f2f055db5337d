package dev.levin.models.blocks;

import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.models.config.Mixer;
import dev.levin.models.weights.LayerWeights.SelfAttentionWeights;

/** Grouped-query attention: project, normalise, rotate and append, attend, project back. */
public final class SelfAttentionBlock {
  private SelfAttentionBlock() {}

  /**
   * @param x [T, C] normed input
   * @param residual [T, C], updated
   */
  public static void append(
      OpList ops,
      Mixer.SelfAttention config,
      SelfAttentionWeights weights,
      KvTensors kv,
      Tensor x,
      Tensor residual,
      Tensor postNorm) {
    StepInputs step = ops.step();
    Tensor q = ops.project(x, weights.query());
    Tensor k = ops.project(x, weights.key());
    Tensor v = ops.project(x, weights.value());
    if (config.qkNorm() == Mixer.QkNorm.FULL) {
      ops.norm(q, weights.queryNorm(), q);
      ops.norm(k, weights.keyNorm(), k);
    }
    Tensor queries = q.splitLast(config.numHeads(), config.headDim());
    Tensor keys = k.splitLast(config.numKvHeads(), config.headDim());
    Tensor values = v.splitLast(config.numKvHeads(), config.valueDim());
    if (config.qkNorm() == Mixer.QkNorm.HEAD) {
      ops.norm(queries, weights.queryNorm(), queries);
      ops.norm(keys, weights.keyNorm(), keys);
    }
    boolean rotates = config.rope() != Mixer.NO_ROPE;
    ops.add(
        new RopeAppend(
            queries,
            keys,
            values,
            rotates ? step.cosSin().get(config.rope()) : null,
            rotates ? step.styles().get(config.rope()) : RopeStyle.HALF,
            0,
            step.batch().slotMapping(),
            kv.keys(),
            kv.values()));
    Tensor mixed = ops.scratch().activation(x.dim(0), (long) config.numHeads() * config.valueDim());
    ops.add(
        new Attention(
            queries,
            kv.keys(),
            kv.values(),
            mixed.splitLast(config.numHeads(), config.valueDim()),
            null,
            step.batch(),
            config.smScale(),
            true,
            config.window(),
            config.softCap(),
            weights.sinks(),
            null));
    if (config.subNorm()) {
      ops.norm(mixed, weights.subNorm(), mixed);
    }
    ops.projectInto(residual, mixed, weights.output(), postNorm);
  }
}
