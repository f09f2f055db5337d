package dev.levin.opencl;

import dev.levin.core.op.CausalConv;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.SsmScan;

/** The choice of experts, and ops that carry a state from step to step. */
final class StateOps {
  /** How the kernels number the absence of an activation. */
  private static final long NO_ACTIVATION = 6;

  private final Kernels kernels;

  StateOps(Kernels kernels) {
    this.kernels = kernels;
  }

  void run(RouteExperts op) {
    long experts = op.logits().dim(1);
    int lanes = kernels.sizes().lanes();
    kernels
        .common(op, "route_experts")
        .tensor("logits", op.logits())
        .optional("selectionBias", op.selectionBias(), 1)
        .tensor("ids", op.ids())
        .tensor("weights", op.weights())
        .local(experts)
        .local(experts)
        .local(op.groups())
        .longs(experts, op.ids().dim(1), op.groups(), op.topGroups())
        .longs(op.scoring().ordinal(), op.normalise() ? 1 : 0)
        .floats(op.scale())
        .run(lanes, op.logits().dim(0), 1, lanes, 1);
  }

  void run(CausalConv op) {
    RaggedBatch batch = op.batch();
    long channels = op.x().dim(1);
    long activation = op.activation() == null ? NO_ACTIVATION : op.activation().ordinal();
    kernels
        .common(op, "causal_conv")
        .tensor("x", op.x())
        .tensor("weight", op.weight())
        .optional("bias", op.bias(), 1)
        .tensor("state", op.state())
        .tensor("out", op.out())
        .tensor("cuSeqlensQ", batch.cuSeqlensQ())
        .tensor("stateSlots", batch.stateSlots())
        .tensor("positions", batch.positions())
        .longs(channels, op.weight().dim(1), op.state().dim(0), activation)
        .run(channels, batch.numSeqs(), 1);
  }

  void run(SsmScan op) {
    RaggedBatch batch = op.batch();
    long heads = op.x().dim(1);
    long size = op.x().dim(2);
    kernels
        .common(op, "ssm_scan")
        .tensor("x", op.x())
        .tensor("dt", op.dt())
        .tensor("a", op.a())
        .tensor("b", op.b())
        .tensor("c", op.c())
        .optional("skip", op.skip(), 1)
        .tensor("dtBias", op.dtBias())
        .tensor("state", op.state())
        .tensor("out", op.out())
        .tensor("cuSeqlensQ", batch.cuSeqlensQ())
        .tensor("stateSlots", batch.stateSlots())
        .tensor("positions", batch.positions())
        .longs(heads, op.b().dim(1), size, op.b().dim(2), op.state().dim(0))
        .floats(op.dtMin(), op.dtMax())
        .run(size, heads, batch.numSeqs(), kernels.sizes().narrowGroup(), 1);
  }
}
