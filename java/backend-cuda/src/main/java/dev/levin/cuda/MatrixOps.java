package dev.levin.cuda;

import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.levin_grouped_linear_args;
import dev.levin.cuda.binding.levin_head_linear_args;
import dev.levin.cuda.binding.levin_linear_args;

/** Products with weights of any dtype. */
final class MatrixOps {
  private final Arguments arguments;

  MatrixOps(Arguments arguments) {
    this.arguments = arguments;
  }

  PreparedOp of(Linear op) {
    levin_linear_args args =
        arguments.begin(op.name(), levin_linear_args.class, levin_linear_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.weight(), "weight", op.weight());
    arguments.tensor(args.bias(), "bias", op.bias());
    arguments.tensor(args.residual(), "residual", op.residual());
    arguments.tensor(args.out(), "out", op.out());
    args.scale(op.scale());
    return new PreparedOp(op, stream -> Levin.levin_linear(stream, args));
  }

  PreparedOp of(HeadLinear op) {
    levin_head_linear_args args =
        arguments.begin(op.name(), levin_head_linear_args.class, levin_head_linear_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.weight(), "weight", op.weight());
    arguments.tensor(args.out(), "out", op.out());
    return new PreparedOp(op, stream -> Levin.levin_head_linear(stream, args));
  }

  PreparedOp of(GroupedLinear op) {
    levin_grouped_linear_args args =
        arguments.begin(op.name(), levin_grouped_linear_args.class, levin_grouped_linear_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.weight(), "weight", op.weight());
    arguments.tensor(args.bias(), "bias", op.bias());
    arguments.tensor(args.ids(), "ids", op.ids());
    arguments.tensor(args.combine(), "combine", op.combine());
    arguments.tensor(args.residual(), "residual", op.residual());
    arguments.tensor(args.out(), "out", op.out());
    return new PreparedOp(op, stream -> Levin.levin_grouped_linear(stream, args))
        .withWorkspace(
            bytes -> Levin.levin_grouped_linear_workspace(args, bytes), args.workspace());
  }
}
