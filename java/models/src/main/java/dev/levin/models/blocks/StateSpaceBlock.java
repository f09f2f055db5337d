package dev.levin.models.blocks;

import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.SsmScan;
import dev.levin.models.config.Mixer;
import dev.levin.models.weights.LayerWeights.StateSpaceWeights;

/** A Mamba-2 mixer: project, convolve, scan, gate, normalise, project back. */
public final class StateSpaceBlock {
  private StateSpaceBlock() {}

  /**
   * @param x [T, C] normed input
   * @param residual [T, C], updated
   */
  public static void append(
      OpList ops,
      Mixer.StateSpace config,
      StateSpaceWeights weights,
      StateTensors state,
      Tensor x,
      Tensor residual,
      Tensor postNorm) {
    int inner = config.innerSize();
    int channels = config.convChannels();
    int groupWidth = config.numGroups() * config.stateSize();
    Tensor projected = ops.project(x, weights.in());
    Tensor gate = projected.slice(1, 0, inner);
    Tensor convolved = ops.scratch().activation(x.dim(0), channels);
    ops.add(
        new CausalConv(
            projected.slice(1, inner, inner + channels),
            weights.conv(),
            weights.convBias(),
            state.conv(),
            convolved,
            Activation.SILU,
            ops.step().batch()));
    Tensor y = ops.scratch().activation(x.dim(0), inner);
    ops.add(
        new SsmScan(
            convolved.slice(1, 0, inner).splitLast(config.numHeads(), config.headDim()),
            projected.slice(1, inner + channels, projected.dim(1)),
            weights.a(),
            convolved
                .slice(1, inner, inner + groupWidth)
                .splitLast(config.numGroups(), config.stateSize()),
            convolved
                .slice(1, inner + groupWidth, channels)
                .splitLast(config.numGroups(), config.stateSize()),
            weights.skip(),
            weights.dtBias(),
            state.ssm(),
            y.splitLast(config.numHeads(), config.headDim()),
            config.dtMin(),
            config.dtMax(),
            ops.step().batch()));
    ops.add(new GatedActivation(gate, y, y, Activation.SILU));
    Tensor grouped =
        config.normGroups() == 1
            ? y
            : y.splitLast(config.normGroups(), inner / config.normGroups());
    ops.norm(grouped, weights.norm(), grouped);
    ops.projectInto(residual, y, weights.out(), postNorm);
  }
}
