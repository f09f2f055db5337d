package dev.levin.models.blocks;

import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.RouteExperts;
import dev.levin.models.config.Feedforward;
import dev.levin.models.weights.LayerWeights.DenseWeights;
import dev.levin.models.weights.LayerWeights.ExpertWeights;

/** Gated MLPs: one for all tokens, or a few chosen among many. */
public final class FeedforwardBlock {
  private FeedforwardBlock() {}

  /**
   * @param x [T, C] normed input
   * @param residual [T, C], updated
   */
  public static void appendDense(
      OpList ops,
      Activation activation,
      DenseWeights weights,
      Tensor x,
      Tensor residual,
      Tensor postNorm) {
    Tensor gate = ops.project(x, weights.gate());
    Tensor up = ops.project(x, weights.up());
    ops.add(new GatedActivation(gate, up, gate, activation));
    if (weights.subNorm() != null) {
      ops.norm(gate, weights.subNorm(), gate);
    }
    ops.projectInto(residual, gate, weights.down(), postNorm);
  }

  /**
   * @param x [T, C] normed input
   * @param residual [T, C], updated
   */
  public static void appendExperts(
      OpList ops, Feedforward.Experts config, ExpertWeights weights, Tensor x, Tensor residual) {
    Scratch scratch = ops.scratch();
    long tokens = x.dim(0);
    int chosen = config.expertsPerToken();
    int width = config.intermediateSize();
    Tensor logits = ops.scores(x, weights.router());
    Tensor ids = scratch.i32(tokens, chosen);
    Tensor combine = scratch.f32(tokens, chosen);
    ops.add(
        new RouteExperts(
            logits,
            weights.selectionBias(),
            ids,
            combine,
            config.scoring(),
            config.normalise(),
            config.groups(),
            config.topGroups(),
            config.scale() * ops.step().residualScale()));
    Tensor gate = scratch.activation(tokens, chosen, width);
    Tensor up = scratch.activation(tokens, chosen, width);
    ops.add(
        new GroupedLinear(
            x, weights.gate().weight(), weights.gate().bias(), ids, null, null, gate));
    ops.add(new GroupedLinear(x, weights.up().weight(), weights.up().bias(), ids, null, null, up));
    Tensor flatGate = gate.reshape(tokens * chosen, width);
    ops.add(
        new GatedActivation(
            flatGate, up.reshape(tokens * chosen, width), flatGate, config.activation()));
    ops.add(
        new GroupedLinear(
            gate,
            weights.down().weight(),
            weights.down().bias(),
            ids,
            combine,
            residual,
            residual));
    if (weights.shared() != null) {
      appendDense(ops, config.activation(), weights.shared(), x, residual, null);
    }
  }
}
