package dev.levin.models.blocks;

import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.RopeAppend;
import dev.levin.models.config.Mixer;
import dev.levin.models.weights.LayerWeights.LatentAttentionWeights;

/**
 * Latent attention in its absorbed form (DeepSeek-V2, section 2.1.2): the key up-projection is
 * folded into the query and the value up-projection into the output, so that all heads attend to
 * one cached vector [latent | rotated key] a token.
 */
public final class LatentAttentionBlock {
  private LatentAttentionBlock() {}

  /**
   * @param x [T, C] normed input
   * @param residual [T, C], updated
   */
  public static void append(
      OpList ops,
      Mixer.LatentAttention config,
      LatentAttentionWeights weights,
      KvTensors kv,
      Tensor x,
      Tensor residual,
      Tensor postNorm) {
    StepInputs step = ops.step();
    Scratch scratch = ops.scratch();
    long tokens = x.dim(0);
    int heads = config.numHeads();
    int rank = config.kvLoraRank();
    Tensor queryIn = x;
    if (weights.queryA() != null) {
      queryIn = ops.project(x, weights.queryA());
      ops.norm(queryIn, weights.queryANorm(), queryIn);
    }
    Tensor shared = sharedByHeads(queryIn, heads);
    Tensor nope = scratch.activation(tokens, heads, config.nopeDim());
    Tensor queries = scratch.activation(tokens, heads, rank + config.ropeDim());
    ops.add(new HeadLinear(shared, weights.queryNope(), nope));
    ops.add(new HeadLinear(nope, weights.keyUp(), queries.slice(2, 0, rank)));
    ops.add(
        new HeadLinear(
            shared, weights.queryRope(), queries.slice(2, rank, rank + config.ropeDim())));

    Tensor latent = ops.project(x, weights.keyValueA());
    Tensor compressed = latent.slice(1, 0, rank);
    ops.norm(compressed, weights.keyValueANorm(), compressed);
    ops.add(
        new RopeAppend(
            queries,
            latent.splitLast(1, latent.dim(1)),
            null,
            step.cosSin().get(config.rope()),
            step.styles().get(config.rope()),
            rank,
            step.batch().slotMapping(),
            kv.keys(),
            null));
    Tensor attended = scratch.activation(tokens, heads, rank);
    ops.add(
        new Attention(
            queries,
            kv.keys(),
            null,
            attended,
            null,
            step.batch(),
            config.smScale(),
            true,
            0,
            0,
            null,
            null));
    Tensor mixed = scratch.activation(tokens, (long) heads * config.valueDim());
    ops.add(new HeadLinear(attended, weights.valueUp(), mixed.splitLast(heads, config.valueDim())));
    ops.projectInto(residual, mixed, weights.output(), postNorm);
  }

  /** [T, K] as [T, H, K] in which all heads are the same row. */
  private static Tensor sharedByHeads(Tensor x, int heads) {
    return Tensor.strided(
        x.dtype(), Shape.of(x.dim(0), heads, x.dim(1)), x.buffer(), x.offset(), x.stride(0), 0);
  }
}
