package dev.levin.cuda;

import dev.levin.core.op.CausalConv;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.SsmScan;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.levin_causal_conv_args;
import dev.levin.cuda.binding.levin_route_experts_args;
import dev.levin.cuda.binding.levin_ssm_scan_args;

/** The choice of experts, and ops that carry a state from step to step. */
final class StateOps {
  private final Arguments arguments;

  StateOps(Arguments arguments) {
    this.arguments = arguments;
  }

  PreparedOp of(RouteExperts op) {
    levin_route_experts_args args =
        arguments.begin(op.name(), levin_route_experts_args.class, levin_route_experts_args::new);
    arguments.tensor(args.logits(), "logits", op.logits());
    arguments.tensor(args.selection_bias(), "selectionBias", op.selectionBias());
    arguments.tensor(args.ids(), "ids", op.ids());
    arguments.tensor(args.weights(), "weights", op.weights());
    args.scoring(op.scoring().ordinal());
    args.normalise(op.normalise() ? 1 : 0);
    args.groups(op.groups());
    args.top_groups(op.topGroups());
    args.scale(op.scale());
    return new PreparedOp(op, stream -> Levin.levin_route_experts(stream, args));
  }

  PreparedOp of(CausalConv op) {
    levin_causal_conv_args args =
        arguments.begin(op.name(), levin_causal_conv_args.class, levin_causal_conv_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.weight(), "weight", op.weight());
    arguments.tensor(args.bias(), "bias", op.bias());
    arguments.tensor(args.state(), "state", op.state());
    arguments.tensor(args.out(), "out", op.out());
    arguments.batch(args.batch(), op.batch());
    args.activation(
        op.activation() == null ? Levin.LEVIN_ACTIVATION_NONE : op.activation().ordinal());
    return new PreparedOp(op, stream -> Levin.levin_causal_conv(stream, args))
        .withBatch(op.batch(), args.batch());
  }

  PreparedOp of(SsmScan op) {
    levin_ssm_scan_args args =
        arguments.begin(op.name(), levin_ssm_scan_args.class, levin_ssm_scan_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.dt(), "dt", op.dt());
    arguments.tensor(args.a(), "a", op.a());
    arguments.tensor(args.b(), "b", op.b());
    arguments.tensor(args.c(), "c", op.c());
    arguments.tensor(args.skip(), "skip", op.skip());
    arguments.tensor(args.dt_bias(), "dtBias", op.dtBias());
    arguments.tensor(args.state(), "state", op.state());
    arguments.tensor(args.out(), "out", op.out());
    arguments.batch(args.batch(), op.batch());
    args.dt_min(op.dtMin());
    args.dt_max(op.dtMax());
    return new PreparedOp(op, stream -> Levin.levin_ssm_scan(stream, args))
        .withBatch(op.batch(), args.batch());
  }
}
